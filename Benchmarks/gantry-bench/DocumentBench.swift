import Foundation
import RADL

/// Reading and checking a RADL document.
enum DocumentBench {
    static func run(_ file: String) throws -> [String: Double] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let document = try RADLDocument(parsing: text)
        return [
            "parse": try Measure.medianCPU(20) { _ = try RADLDocument(parsing: text) },
            "check": Measure.medianCPU(20) { _ = document.check() },
            "problems": Double(document.check().count),
        ]
    }
}
