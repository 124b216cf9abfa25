import Contextualization
import Foundation
import Glibc
import Jinja
import Recipes
import Support

/// Questions at the terminal.
enum Asking {
    static func secret(_ question: String) throws -> Secret<String> {
        guard isatty(STDIN_FILENO) == 1 else {
            throw UsageError("nobody is at a terminal to be asked for a password: use the option with a file")
        }
        guard let typed = getpass(question) else { throw UsageError("no password was typed") }
        return Secret(String(cString: typed))
    }

    /// A password that is to be used from now on, which is asked for twice.
    static func newSecret(_ question: String) throws -> Secret<String> {
        let first = try secret(question)
        guard try secret("Confirm \(question)") == first else { throw UsageError("the passwords are not the same") }
        return first
    }

    /// The answer to `vars_prompt`.
    static func variable(_ prompt: RecipePrompt) throws -> String {
        let question = prompt.text ?? prompt.name
        let standard = prompt.standard.map { " [\($0.text)]" } ?? ""
        while true {
            let answer = try line("\(question)\(standard): ", isPrivate: prompt.isPrivate)
            if prompt.isConfirmed, try line("confirm \(question): ", isPrivate: prompt.isPrivate) != answer {
                Terminal.note("***** VALUES ENTERED DO NOT MATCH ****")
                continue
            }
            return answer.isEmpty ? prompt.standard?.text ?? "" : answer
        }
    }

    private static func line(_ question: String, isPrivate: Bool) throws -> String {
        if isPrivate { return try secret(question).expose() }
        Terminal.write(question)
        return readLine() ?? ""
    }

    /// `--step`: in Ansible's words; any other answer is a no.
    static func step(_ task: String) -> RecipeRunner.Options.Confirmation {
        let question = "Perform task: \(task) (N)o/(y)es/(c)ontinue: "
        Terminal.write(question)
        let answer = readLine()?.lowercased()
        Terminal.line("\n" + RecipeLog.banner(question.trimmingCharacters(in: .whitespaces)))
        switch answer {
        case "y", "yes": return .yes
        case "c", "continue": return .continue
        default: return .no
        }
    }
}
