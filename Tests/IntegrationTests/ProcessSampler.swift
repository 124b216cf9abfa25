import Foundation
import Glibc
import Synchronization
import Testing

/// Reads the arguments and the environment of every process again and again, and tells where a text stood.
///
/// A process of our own carries another text in its environment, so that a sampler that sees nothing is noticed.
final class ProcessSampler: Sendable {
    private struct State {
        var found: Set<String> = []
        var sawControl = false
        var rounds = 0
        var isPaused = false
        var isFinished = false
    }

    private let state = Mutex(State())
    private let control: Program

    init(_ texts: [String], control: String) {
        self.control = Program(
            name: "sleep", executable: URL(fileURLWithPath: "/bin/sleep"), environment: ["SAMPLER_CONTROL": control])
        let needles = texts.map { Data($0.utf8) }
        let controlNeedle = Data(control.utf8)
        // A thread of its own: reading hundreds of files is no work for the pool.
        Thread.detachNewThread { [self] in
            while !state.withLock(\.isFinished) {
                if !state.withLock(\.isPaused) { sample(needles, controlNeedle) }
                usleep(20_000)
            }
        }
    }

    func pause() { state.withLock { $0.isPaused = true } }
    func resume() { state.withLock { $0.isPaused = false } }

    /// Ends it and expects that it saw its own process and nothing else.
    func finish(location: SourceLocation = #_sourceLocation) async throws {
        _ = try await control.run(["0.5"])
        let state = state.withLock { state in
            state.isFinished = true
            return state
        }
        #expect(state.sawControl, "the sampler saw nothing in \(state.rounds) rounds", sourceLocation: location)
        #expect(state.rounds > 10, sourceLocation: location)
        #expect(state.found.isEmpty, "\(state.found.sorted())", sourceLocation: location)
    }

    private func sample(_ needles: [Data], _ control: Data) {
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter {
            $0.allSatisfy(\.isNumber)
        }
        for process in processes {
            for file in ["cmdline", "environ"] {
                guard let data = Self.content("/proc/\(process)/\(file)"), !data.isEmpty else { continue }
                if data.range(of: control) != nil { state.withLock { $0.sawControl = true } }
                for (index, needle) in needles.enumerated() where data.range(of: needle) != nil {
                    let name = Self.content("/proc/\(process)/comm").map { String(decoding: $0, as: UTF8.self) } ?? "?"
                    let words = "marker \(index) in \(file) of \(name.trimmingCharacters(in: .newlines))"
                    state.withLock { _ = $0.found.insert(words) }
                }
            }
        }
        state.withLock { $0.rounds += 1 }
    }

    private static func content(_ path: String) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return data }
            data.append(contentsOf: buffer[..<count])
        }
    }
}
