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

    /// Takes time in proportion to the line, which may be what a task of a user printed.
    private static func line(_ line: String) -> String {
        var line = line
        for advice in known where line.contains(advice.commandLine) {
            let parts = line.split(separator: advice.commandLine, omittingEmptySubsequences: false)
            let rest = parts.dropFirst().map { part in
                advice.rest + (advice.endsInNumber ? part.drop(while: \.isNumber) : part)
            }
            line = String(parts[0]) + rest.joined()
        }
        var kept = ""
        var clause = ""
        for character in line {
            if character == ";" || character == "," {
                if !clause.contains(command) { kept += clause }
                clause = ""
            }
            clause.append(character)
        }
        return clause.contains(command) ? kept : kept + clause
    }
}
