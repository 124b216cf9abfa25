import Foundation
import RADL

/// Reading and checking a RADL document.
enum DocumentBench {
    static func run(_ file: String) throws -> [String: Double] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // First of all, so that nothing of earlier work is in the figure.
        let before = Measure.memory("VmRSS")
        let document = try RADLDocument(parsing: text)
        let problems = document.check().count
        let memory = Measure.memory("VmHWM") - before
        return [
            "parse": try Measure.medianCPU(20) { _ = try RADLDocument(parsing: text) },
            "check": Measure.medianCPU(20) { _ = document.check() },
            "problems": Double(problems), "memory": max(0, memory),
        ]
    }
}
