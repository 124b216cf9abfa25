import Foundation
import Glibc
import Operations
import Testing

/// Whether a process is told to be alive or dead. A wrong "dead" would give its work to a second one.
@Suite struct LeaseHolderTests {
    private let current = LeaseHolder.current

    @Test func thisProcessIsAlive() {
        #expect(current.process == getpid())
        #expect(current.startTicks > 0)
        #expect(!current.host.isEmpty)
        #expect(!current.isKnownDead)
        #expect(current.description == "\(current.host):\(getpid())")
    }

    @Test func aProcessOfAnotherHostCannotBeTold() {
        #expect(!LeaseHolder(host: "elsewhere", process: .max, startTicks: 1).isKnownDead)
        #expect(!LeaseHolder(host: current.host + "/other namespace", process: .max, startTicks: 1).isKnownDead)
    }

    @Test func aProcessThatIsNoMoreIsDead() {
        #expect(LeaseHolder(host: current.host, process: .max, startTicks: 1).isKnownDead)
    }

    @Test func aProcessIDThatIsUsedAgainIsAnotherProcess() {
        var holder = current
        holder.startTicks -= 1
        #expect(holder.isKnownDead)
    }

    /// From start to end of a real process, with the time in which it has ended and its parent does not know yet.
    @Test func aProcessIsAliveUntilItEnds() throws {
        let child = try spawnSleep()
        var isReaped = false
        defer {
            if !isReaped {
                kill(child, SIGKILL)
                waitpid(child, nil, 0)
            }
        }
        let holder = LeaseHolder(host: current.host, process: child, startTicks: try startTicks(of: child))
        #expect(!holder.isKnownDead)

        kill(child, SIGKILL)
        // Waits for the end without taking the process's last trace away.
        var information = siginfo_t()
        #expect(waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) == 0)
        #expect(holder.isKnownDead)
        waitpid(child, nil, 0)
        isReaped = true
        #expect(holder.isKnownDead)
    }

    /// Without a free file descriptor nothing can be read about other processes: they are not dead for that.
    @Test func wantOfDescriptorsKillsNobody() async {
        await #expect(processExitsWith: .success) {
            _ = LeaseHolder.current
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(open("/proc/self/stat", O_RDONLY) == -1)
            #expect(!LeaseHolder.current.isKnownDead)
            let parent = LeaseHolder(host: LeaseHolder.current.host, process: getppid(), startTicks: 1)
            #expect(!parent.isKnownDead)
            #expect(LeaseHolder(host: LeaseHolder.current.host, process: .max, startTicks: 1).isKnownDead)
        }
    }

    @Test func itComesBackFromJSON() throws {
        let data = try JSONEncoder().encode(current)
        #expect(try JSONDecoder().decode(LeaseHolder.self, from: data) == current)
    }

    private func spawnSleep() throws -> pid_t {
        var child: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
        defer { arguments.forEach { free($0) } }
        try #require(posix_spawnp(&child, "sleep", nil, nil, arguments, environ) == 0)
        return child
    }

    private func startTicks(of process: pid_t) throws -> UInt64 {
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        return try #require(UInt64(fields[19]))
    }
}
