import Foundation

extension String {
    /// The path with `~` at its begin replaced by the home of who runs the program, as shells do: `HOME` says which.
    package var expandingHome: String { expandingHome(in: ProcessInfo.processInfo.environment) }

    func expandingHome(in environment: [String: String]) -> String {
        if self == "~" || hasPrefix("~/"), let home = environment["HOME"], !home.isEmpty { return home + dropFirst() }
        return (self as NSString).expandingTildeInPath
    }
}
