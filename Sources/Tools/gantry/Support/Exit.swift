import ArgumentParser
import Authorization
import ContextualizationAPI
import Foundation
import Orchestration
import Persistence
import Recipes
import Support

/// What a command's end means for scripts (`gantry --help`, EXIT STATUS).
enum Status {
    static let failed = ExitCode(1)
    static let refused = ExitCode(2)
    static let notFound = ExitCode(3)
    static let busy = ExitCode(4)
    static let unavailable = ExitCode(5)
    static let usage = ExitCode(64)
    static let interrupted = ExitCode(130)
}

/// The command was called with arguments that make no sense.
struct UsageError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs a command's body; an error becomes one clear message and the documented exit status.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
        if Terminal.hasLostOutput { throw Status.failed }
    } catch let code as ExitCode {
        throw code
    } catch let error as ManagerError {
        let message = error.cause ?? error.message
        // Mistakes with their places say themselves that they are errors.
        if error.code == .invalidDocument, message.prefix(while: { !$0.isNewline }).contains(": error: ") {
            Terminal.note(message)
            Terminal.error("the document is refused; nothing was done")
        } else {
            Terminal.error(message)
        }
        switch error.code {
        case .invalidDocument, .noCloud: throw Status.refused
        case .notFound, .accessDenied, .destroyed: throw Status.notFound
        case .busy: throw Status.busy
        case .internal: throw Status.failed
        default: throw Status.unavailable
        }
    } catch let error as StoreError {
        Terminal.error(error.message)
        throw Status.unavailable
    } catch let error as UsageError {
        Terminal.error(error.description)
        throw Status.usage
    } catch let error as FileProblem {
        Terminal.error("\(error)")
        throw Status.usage
    } catch let error as AuthorizationError {
        Terminal.error(error.message)
        throw Status.usage
    } catch let error as VaultProblem {
        Terminal.error(error.message)
        throw error.isRefusal ? Status.usage : Status.unavailable
    } catch let error as RecipeError {
        Terminal.error(error.description)
        throw Status.refused
    } catch let error as ContextualizationError where !error.problems.isEmpty {
        Terminal.error(error.description)
        throw Status.refused
    } catch is CancellationError {
        throw Status.interrupted
    } catch {
        Terminal.error(PlainWords.text(error))
        throw Status.failed
    }
}
