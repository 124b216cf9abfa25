import Authorization
import Support
import Testing

/// How often a user may ask.
@Suite struct RequestLimiterTests {
    private static let start = ContinuousClock.now

    private static func isAllowed(
        _ limiter: RequestLimiter, _ name: String, _ password: String = "one", after time: Duration = .zero
    ) -> Bool {
        do {
            try limiter.count(name, Secret(password), at: start + time)
            return true
        } catch {
            return false
        }
    }

    @Test func aSecondsWorthAtOnce() {
        let limiter = RequestLimiter(perSecond: 3)
        let first = (0..<4).map { _ in Self.isAllowed(limiter, "ada") }
        #expect(first == [true, true, true, false])
        // Others have their own.
        #expect(Self.isAllowed(limiter, "bob"))
        #expect(Self.isAllowed(limiter, "ada", "two"))
        let later = (0..<3).map { _ in Self.isAllowed(limiter, "ada", after: .milliseconds(700)) }
        #expect(later == [true, true, false])
        let muchLater = (0..<4).map { _ in Self.isAllowed(limiter, "ada", after: .seconds(60)) }
        #expect(muchLater == [true, true, true, false])
    }

    @Test func manyUsersAreForgottenOnlyWhenThatChangesNothing() {
        let limiter = RequestLimiter(perSecond: 1)
        for number in 0..<10_000 {
            #expect(Self.isAllowed(limiter, "user\(number)", after: .milliseconds(number / 20)))
        }
        #expect(!Self.isAllowed(limiter, "user0", after: .milliseconds(600)))
        #expect(Self.isAllowed(limiter, "user0", after: .milliseconds(1700)))
    }

    @Test func theTextSaysWhen() {
        let limiter = RequestLimiter(perSecond: 1)
        #expect(throws: TooManyRequests.self) {
            for _ in 0..<2 { try limiter.count("ada", Secret("one"), at: Self.start) }
        }
        do throws(TooManyRequests) {
            try limiter.count("ada", Secret("one"), at: Self.start)
        } catch {
            #expect(error.seconds == 1)
            #expect(
                error.description
                    == "Too many requests: at most 1 a second are answered to one user; ask again in 1 s")
        }
    }
}
