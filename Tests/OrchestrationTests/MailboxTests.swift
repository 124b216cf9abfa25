import Dispatch
import Support
import Testing

@testable import Orchestration

@Suite struct MailboxTests {
    @Test func whatCameTogetherIsTakenTogether() async {
        let mailbox = Mailbox<Int>()
        mailbox.send(1)
        mailbox.send(2)
        #expect(await mailbox.receive() == [1, 2])
    }

    @Test func anUnhurriedMessageIsTakenWithTheNextOne() async {
        let mailbox = Mailbox<Int>(patience: .seconds(3600))
        mailbox.sendUnhurried(1)
        async let received = mailbox.receive()
        mailbox.send(2)
        #expect(await received == [1, 2])
    }

    @Test func anUnhurriedMessageDoesNotWaitForever() async {
        let mailbox = Mailbox<Int>(patience: .milliseconds(1))
        mailbox.sendUnhurried(1)
        #expect(await mailbox.receive() == [1])
        mailbox.sendUnhurried(2)
        mailbox.sendUnhurried(3)
        let later = await mailbox.receive()
        #expect(later.first == 2)
    }

    @Test func aClosedMailboxRefusesWhatIsLeftAndWhatComes() async {
        let mailbox = Mailbox<Int>(patience: .seconds(3600))
        let refused = LockedValue<[Int]>([])
        mailbox.sendUnhurried(1)
        mailbox.close { message in refused.withLock { $0.append(message) } }
        mailbox.send(2)
        mailbox.sendUnhurried(3)
        #expect(refused.withLock { $0 } == [1, 2, 3])
    }

    @Test func cancellationEndsTheWait() async {
        let mailbox = Mailbox<Int>()
        let task = Task { await mailbox.receive() }
        task.cancel()
        #expect(await task.value.isEmpty)
    }
}
