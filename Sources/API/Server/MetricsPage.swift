import Foundation
import Hummingbird
import InfrastructureModel
import Operations
import Orchestration

/// `/metrics` in Prometheus' text form: counts by state, and what the process itself uses.
struct MetricsPage: Sendable {
    let manager: InfrastructureManager

    func response() async throws -> Response {
        var lines: [String] = []
        let counts = try await manager.counts()
        lines += family("gantry_infrastructures", "gauge", "Infrastructures by phase.", "phase", counts.infrastructures)
        lines += family("gantry_operations", "gauge", "Unfinished operations by status.", "status", counts.operations)
        lines += process()
        return .text(lines.joined(separator: "\n") + "\n", type: "text/plain; version=0.0.4")
    }

    private func family(
        _ name: String, _ type: String, _ help: String, _ label: String, _ values: [String: Int]
    ) -> [String] {
        ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
            + values.sorted { $0.key < $1.key }.map { "\(name){\(label)=\"\($0.key)\"} \($0.value)" }
    }

    private func process() -> [String] {
        var lines: [String] = []
        if let status = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = status.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            lines += [
                "# HELP process_resident_memory_bytes Resident memory.",
                "# TYPE process_resident_memory_bytes gauge",
                "process_resident_memory_bytes \(pages * sysconf(Int32(_SC_PAGESIZE)))",
            ]
        }
        var usage = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &usage) == 0 {
            let seconds = Double(usage.tv_sec) + Double(usage.tv_nsec) / 1e9
            lines += [
                "# HELP process_cpu_seconds_total Processor time.", "# TYPE process_cpu_seconds_total counter",
                "process_cpu_seconds_total \(seconds)",
            ]
        }
        return lines
    }
}
