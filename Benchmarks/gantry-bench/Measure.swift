import Foundation
import Glibc

/// Medians of repeated work, in milliseconds.
enum Measure {
    static func median(_ times: Int, _ body: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        var taken: [Double] = []
        for _ in 0..<times {
            let start = clock.now
            try await body()
            taken.append(milliseconds(clock.now - start))
        }
        return middle(taken)
    }

    /// Processor time of work that one thread does and that waits for nothing.
    static func medianCPU(_ times: Int, _ body: () throws -> Void) rethrows -> Double {
        var taken: [Double] = []
        for _ in 0..<times {
            let start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
            try body()
            taken.append(Double(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6)
        }
        return middle(taken)
    }

    /// The same for work that may be suspended, while nothing else goes on in the process.
    static func medianCPU(_ times: Int, _ body: () async throws -> Void) async rethrows -> Double {
        var taken: [Double] = []
        for _ in 0..<times {
            let start = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
            try await body()
            taken.append(Double(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6)
        }
        return middle(taken)
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// A line of this process's status such as `VmRSS`, in kilobytes; 0 where there is none.
    static func memory(_ name: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? 0
    }

    /// User and system time of this process so far, in milliseconds.
    static func cpu() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000 }
        return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
    }

    /// User and system time of another process so far, in milliseconds; 0 where it is gone.
    static func cpu(of process: Int32?) -> Double {
        guard let process, let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let rest = text.split(separator: ")").last?.split(separator: " "), rest.count > 13,
            let user = Double(rest[11]), let system = Double(rest[12])
        else { return 0 }
        return (user + system) * 1000 / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds) / 1e15
    }

    private static func middle(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}
