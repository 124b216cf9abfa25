import ConnectorHost
import Testing

@Suite struct SupervisionRecordTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    @Test func theDelayDoublesUpToTheCap() {
        var policy = SupervisionRecord.Policy()
        policy.crashLimit = 100
        var record = SupervisionRecord(policy: policy)
        #expect(record.earliestStart(at: start) == nil)
        for (index, delay) in [1, 2, 4, 8, 16, 32, 60, 60].enumerated() {
            record.crashed(at: at(index * 10))
            #expect(record.earliestStart(at: at(index * 10)) == at(index * 10 + delay))
            #expect(record.earliestStart(at: at(index * 10 + delay)) == nil)
        }
    }

    @Test func aHealthyTimeStartsAnew() {
        var record = SupervisionRecord()
        record.crashed(at: at(0))
        record.crashed(at: at(2))
        record.started(at: at(10))
        record.crashed(at: at(75))
        #expect(record.earliestStart(at: at(75)) == at(76))
    }

    @Test func fiveCrashesInTenMinutesDegrade() {
        var record = SupervisionRecord()
        for minute in 0..<4 { record.crashed(at: at(minute * 100)) }
        #expect(!record.isDegraded(at: at(301)))
        record.crashed(at: at(400))
        #expect(record.isDegraded(at: at(400)))
        #expect(record.earliestStart(at: at(400)) == at(460))
        #expect(!record.isDegraded(at: at(601)))
    }
}
