import Hummingbird

extension Request {
    /// The same with a body that has to arrive in a time: one that trickles in would hold its connection for as long as its
    /// client likes. Reading it throws ``LateBody`` with the first piece that comes after that; silence ends the connection
    /// before (``HTTPListener/patience``).
    func paced(within limit: Duration) -> Request {
        let deadline = ContinuousClock.now + limit
        var request = self
        request.body = RequestBody(
            asyncSequence: body.map { piece in
                guard ContinuousClock.now < deadline else { throw LateBody(limit: limit) }
                return piece
            })
        return request
    }
}

/// The body of a request took too long.
struct LateBody: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "it did not arrive within \(limit.components.seconds) s; send it again" }
}
