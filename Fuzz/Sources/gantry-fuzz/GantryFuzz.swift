import CFuzzer
import Foundation

/// `GANTRY_FUZZ=radl gantry-fuzz [libFuzzer's arguments]`. No top-level code: SwiftPM renames the entry point of a
/// `main.swift`, which libFuzzer's own flags then do not find.
@main
enum GantryFuzz {
    static let subject = Subject(rawValue: ProcessInfo.processInfo.environment["GANTRY_FUZZ"] ?? "")

    static func main() {
        guard subject != nil else {
            let known = Subject.allCases.map(\.rawValue).joined(separator: " ")
            FileHandle.standardError.write(Data("set GANTRY_FUZZ to one of: \(known)\n".utf8))
            exit(64)
        }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzOne))
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    GantryFuzz.subject?.feed(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
