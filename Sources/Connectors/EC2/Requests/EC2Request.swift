/// One call of EC2's Query API. A value: the connector's tests look at it.
struct EC2Request: Sendable, Hashable {
    var action: String
    /// Of the API.
    var version = "2016-11-15"
    var parameters = QueryParameters()
    /// Whether EC2 does it once however often it comes: by a client token, a unique name or its nature. Others are sent
    /// once; whoever makes the call again looks by tags first.
    var isRepeatable = true

    init(_ action: String, _ build: (inout QueryParameters) -> Void = { _ in }) {
        self.action = action
        build(&parameters)
    }

    /// The same request, to be sent once.
    var once: EC2Request {
        var copy = self
        copy.isRepeatable = false
        return copy
    }

    /// The body: every call is a POST, since parameters of large batches fit no URL.
    var form: String {
        let rest = parameters.form
        return "Action=\(action)&Version=\(version)" + (rest.isEmpty ? "" : "&" + rest)
    }
}
