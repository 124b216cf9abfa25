import Dispatch
import FuzzedTOSCA
import RADL

/// Templates: any text gives a template or errors with their places; what is translated is a document that survives
/// printing; merging settles.
enum TOSCASubject {
    static func feed(_ text: String) {
        let done = DispatchSemaphore(value: 0)
        // The fuzzer's own thread waits; nothing else runs in this process.
        Task {
            await translate(text)
            done.signal()
        }
        done.wait()
        merge(text)
    }

    private static let options: TOSCAOptions = {
        var options = TOSCAOptions()
        options.isForReading = true
        options.salt = "fuzz"
        return options
    }()

    private static func translate(_ text: String) async {
        var limits = TOSCALimits()
        limits.maximumEvaluations = 100_000
        do {
            let template = try await TOSCATemplate(text: text, limits: limits)
            let given = Dictionary(
                template.inputs.filter { $0.defaultValue == nil }.map { ($0.name, TOSCAValue("1")) },
                uniquingKeysWith: { first, _ in first })
            let translation = try await TOSCATranslator.translate(template, inputs: given, options: options)
            _ = translation.document.check()
            let printed = translation.document.text()
            precondition((try? RADLDocument(parsing: printed)) != nil, "the translation is not readable")
            let machines = translation.document.systems.map { TOSCADeployment.Machine(id: "1", system: $0.id) }
            let outputs = translation.outputs(given: TOSCADeployment(machines: machines))
            precondition(outputs.count == template.outputs.count, "an output is missing")
            let update = TOSCAUpdate(from: translation, to: translation, machines: machines)
            precondition(update.difference.isEmpty, "a template differs from itself")
        } catch {
            precondition(!error.errors.isEmpty, "refused without a reason")
            precondition(error.diagnostics.count <= 201, "too many diagnostics")
        }
    }

    /// What the writer writes reads as the same values.
    private static func merge(_ text: String) {
        guard let merged = try? TOSCAMerge.merge(text, with: text).text else { return }
        guard let again = try? TOSCAMerge.merge(merged, with: merged).text else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(again == merged, "merging does not settle")
    }
}
