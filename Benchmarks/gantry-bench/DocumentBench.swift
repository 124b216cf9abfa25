import Foundation
import RADL

/// Reading and checking a RADL document.
enum DocumentBench {
    /// - Parameter first: A document of one system, which is read before: what it takes is taken once in a process. Nearly
    ///   all of that are pages of the program itself, and the table of features.
    static func run(_ file: String, first: String) throws -> [String: Double] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let one = try String(contentsOfFile: first, encoding: .utf8)
        // First of all, so that nothing of earlier work is in the figures.
        let start = Measure.memory("VmRSS")
        let opening = try RADLDocument(parsing: one).check().count
        let before = Measure.memory("VmRSS")
        let document = try RADLDocument(parsing: text)
        let problems = document.check().count
        let memory = Measure.memory("VmHWM") - before
        return [
            "parse": try Measure.medianCPU(20) { _ = try RADLDocument(parsing: text) },
            "check": Measure.medianCPU(20) { _ = document.check() },
            "problems": Double(problems + opening), "memory": max(0, memory),
            "once": max(0, before - start),
        ]
    }
}
