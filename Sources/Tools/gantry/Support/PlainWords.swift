import Foundation
import Glibc
import Support

/// Errors of the system's libraries as a user can read them.
enum PlainWords {
    /// - Parameter path: Where the error itself names none.
    static func text(_ error: any Error, path: String? = nil) -> String {
        if let problem = error as? FileProblem { return "\(problem)" }
        let system = error as NSError
        guard [NSCocoaErrorDomain, NSPOSIXErrorDomain].contains(system.domain) else { return "\(error)" }
        let path =
            system.userInfo[NSFilePathErrorKey] as? String ?? (system.userInfo[NSURLErrorKey] as? URL)?.path
            ?? path
        return (path.map { "'\($0)': " } ?? "") + reason(system)
    }

    private static func reason(_ error: NSError) -> String {
        if error.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(error.code))) }
        if let below = error.userInfo[NSUnderlyingErrorKey] as? NSError, below.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(below.code)))
        }
        switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: return String(cString: strerror(ENOENT))
        case .fileReadNoPermission, .fileWriteNoPermission: return String(cString: strerror(EACCES))
        case .fileWriteFileExists: return String(cString: strerror(EEXIST))
        case .fileWriteOutOfSpace: return String(cString: strerror(ENOSPC))
        case .fileWriteVolumeReadOnly: return String(cString: strerror(EROFS))
        default: return "the file cannot be used (code \(error.code))"
        }
    }
}
