/// Advice of messages that other interfaces show too, in the words of a REST client.
///
/// Parts below say what the command line offers, also in events on record, which both interfaces show.
package enum RESTWords {
    private struct Advice {
        var commandLine: String
        /// Whether a number follows.
        var endsInNumber = false
        var rest: String
    }

    private static let known = [
        Advice(
            commandLine: "name an authorization file with -a",
            rest: "add the line of a cloud to the Authorization header, such as 'id = ec2; type = EC2; username = KEY; "
                + "password = SECRET'"),
        Advice(
            commandLine: "run `gantry up` with --new-host-key ", endsInNumber: true,
            rest: "delete the infrastructure and create it again"),
        Advice(commandLine: "run `gantry up` with them", rest: "create the infrastructure again with them"),
        Advice(commandLine: "see `gantry connector list`", rest: "ask who runs the service for one"),
        Advice(commandLine: "`gantry connector check` shows where it fails", rest: "tell who runs the service"),
    ]
    private static let command = "`gantry "

    /// A message without words of the command line: known advice is replaced, other clauses that name one of its
    /// commands are dropped.
    package static func text(_ message: String) -> String {
        guard concerns(message) else { return message }
        return message.split(separator: "\n", omittingEmptySubsequences: false)
            .map { concerns($0) ? line(String($0)) : String($0) }
            .joined(separator: "\n")
    }

    private static func concerns(_ text: some StringProtocol) -> Bool {
        text.contains(command) || text.contains(known[0].commandLine)
    }

    private static func line(_ line: String) -> String {
        var line = line
        for advice in known {
            while let found = line.firstRange(of: advice.commandLine) {
                let number = line[found.upperBound...].prefix { advice.endsInNumber && $0.isNumber }
                line.replaceSubrange(found.lowerBound..<number.endIndex, with: advice.rest)
            }
        }
        while let found = line.firstRange(of: command) {
            let isMark = { (character: Character) in character == ";" || character == "," }
            let start = line[..<found.lowerBound].lastIndex(where: isMark) ?? line.startIndex
            let quote = line[found.upperBound...].firstIndex(of: "`") ?? line.endIndex
            line.removeSubrange(start..<(line[quote...].firstIndex(where: isMark) ?? line.endIndex))
        }
        return line
    }
}
