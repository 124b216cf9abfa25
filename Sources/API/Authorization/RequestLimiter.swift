package import Support

/// Lets each user ask so often and no oftener. A user who was silent may ask for a second's worth at once.
///
/// Guards users against each other's mistakes. Against somebody who wants harm it is no help where any name is a user.
package final class RequestLimiter: Sendable {
    private struct User: Sendable, Hashable {
        var name: String
        var secret: Secret<String>
    }

    /// What is left for a user, and when that was so.
    private struct Allowance: Sendable {
        var rest: Double
        var time: ContinuousClock.Instant
    }

    private struct Users: Sendable {
        var allowances: [User: Allowance] = [:]
        /// So many are kept before those are forgotten who may ask for everything again.
        var most = Users.least

        static let least = 4096

        mutating func forget(_ now: ContinuousClock.Instant) {
            allowances = allowances.filter { $0.value.time.duration(to: now) < .seconds(1) }
            most = max(Self.least, 2 * allowances.count)
        }
    }

    private let perSecond: Double
    private let users = LockedValue(Users())

    /// - Parameter perSecond: Requests of one user; at least 1.
    package init(perSecond: Int) {
        self.perSecond = Double(max(perSecond, 1))
    }

    /// Takes note of a request.
    /// - Throws: ``TooManyRequests``.
    package func count(
        _ name: String, _ secret: Secret<String>, at now: ContinuousClock.Instant = .now
    ) throws(TooManyRequests) {
        let perSecond = perSecond
        let isAllowed = users.withLock { users in
            if users.allowances.count >= users.most { users.forget(now) }
            let user = User(name: name, secret: secret)
            var allowance = users.allowances[user] ?? Allowance(rest: perSecond, time: now)
            let passed = max(allowance.time.duration(to: now) / .seconds(1), 0)
            allowance.rest = min(allowance.rest + passed * perSecond, perSecond)
            allowance.time = now
            let isAllowed = allowance.rest >= 1
            if isAllowed { allowance.rest -= 1 }
            users.allowances[user] = allowance
            return isAllowed
        }
        guard isAllowed else { throw TooManyRequests(seconds: 1, perSecond: Int(perSecond)) }
    }
}

/// A user asks too often.
package struct TooManyRequests: Error, Sendable, Hashable, CustomStringConvertible {
    /// After so many they may ask again.
    package var seconds: Int
    var perSecond: Int

    package var description: String {
        "Too many requests: at most \(perSecond) a second are answered to one user; ask again in \(seconds) s"
    }
}
