import CLibSSH

extension [UInt8] {
    /// Where `pattern` stands first.
    func firstPlace(of pattern: [UInt8]) -> Int? {
        // The pointers live as long as the call, which reads within both counts.
        let offset = unsafe gantry_find(self, count, pattern, pattern.count)
        return offset < 0 ? nil : offset
    }
}
