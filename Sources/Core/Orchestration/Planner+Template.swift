import Foundation
package import InfrastructureModel
import RADL
import Support
package import TOSCA

/// Requests with a TOSCA template.
extension Planner {
    /// A template as a document, with what is kept of it.
    struct Translated: Sendable {
        var translation: TOSCATranslation
        /// What becomes of machines that there are; nil: the document decides alone.
        var update: TOSCAUpdate?
        var stored: Secret<String>?
    }

    /// Translates the template of a request, laid over the stored one where the request changes an infrastructure by
    /// parts. What was drawn once stays.
    /// - Throws: ``ManagerError`` `invalidDocument` with all mistakes.
    func translate(
        _ template: TemplateRequest, _ request: DeploymentRequest, _ existing: InfrastructureSnapshot?
    ) async throws -> Translated {
        var merged: TOSCAMerged?
        do {
            let earlier = try existing.flatMap { try StoredTemplate($0.secrets) }
            let isPartial = request.update != nil
            let folder = template.folder ?? (isPartial ? earlier?.folder : nil)
            if isPartial, let earlier {
                merged = try TOSCAMerge.merge(earlier.text, with: template.text, name: request.documentName)
            }
            let text = merged?.text ?? template.text
            let salt = earlier?.salt ?? UUID().uuidString.lowercased()
            var translation = try await translation(
                of: text, request.documentName, inputs: template.inputs, earlier: earlier?.inputs ?? [:], salt: salt,
                folder: folder, accessToken: template.accessToken)
            let check = await TemplateCheck(translation, contextualizer: manager.contextualizer)
            if let errors = TOSCAErrors(check.errors) { throw errors }
            if let merged { translation.warnings = merged.located(translation.warnings) }
            let stored = StoredTemplate(text: text, inputs: translation.inputs, salt: salt, folder: folder).secret
            guard isPartial, let existing else {
                return Translated(translation: translation, update: nil, stored: stored)
            }
            var before: TOSCATranslation?
            if let earlier {
                // That the stored one can no longer be translated, as when a recipe is gone, must not keep it as it is.
                before = try? await self.translation(
                    of: earlier.text, "stored template", inputs: [:], earlier: earlier.inputs, salt: salt,
                    folder: earlier.folder, accessToken: template.accessToken)
            }
            // That recipes run again must not make machines come or go at the next change.
            if case .reconfigure = request.update?.kind, before?.counts != translation.counts {
                return Translated(translation: translation, update: nil, stored: existing.secrets.template)
            }
            let machines = existing.machines.filter { $0.goal == .present && $0.isAlive }
                .map { TOSCADeployment.Machine(id: String($0.id.number), system: $0.system) }
            let present = Set(machines.map(\.id))
            let update = TOSCAUpdate(from: before, to: translation, machines: machines) { id in
                guard let number = Int(id) else { return false }
                return (0..<existing.infrastructure.nextNumber).contains(number) && !present.contains(id)
            }
            // Who names machines that there are not would lose others.
            let unknown = update.warnings.filter { $0.code == .unknownName }
            guard unknown.isEmpty else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: unknown.map(\.message).joined(separator: "\n")
                        + "\nname machines of that node in removal_list, or none; nothing was done")
            }
            return Translated(translation: translation, update: update, stored: stored)
        } catch let errors as TOSCAErrors {
            // The caller knows what was sent, not what was made of it.
            throw ManagerError(code: .invalidDocument, message: (merged?.located(errors) ?? errors).description)
        }
    }

    fileprivate func translation(
        of text: String, _ name: String, inputs: [String: TOSCAValue], earlier: [String: TOSCAValue], salt: String,
        folder: String?, accessToken: Secret<String>?
    ) async throws(TOSCAErrors) -> TOSCATranslation {
        let resolver = manager.resolver(folder: folder)
        let template = try await TOSCATemplate(text: text, name: name, resolver: resolver)
        var options = TOSCAOptions()
        options.salt = salt
        options.earlierInputs = earlier
        options.accessToken = accessToken?.expose()
        return try await TOSCATranslator.translate(template, inputs: inputs, options: options, resolver: resolver)
    }
}

extension InfrastructureManager {
    func resolver(folder: String?) -> TOSCAResolver {
        var resolver = configuration.templates
        if let folder { resolver.folder = TOSCAFolder(path: folder) }
        return resolver
    }

    /// The TOSCA template that an infrastructure was made of, as it was sent; nil: it was made of a RADL document.
    /// - Throws: ``ManagerError``.
    package func template(of id: InfrastructureID, caller: Caller) async throws -> String? {
        try stored(try await snapshot(id, caller: caller))?.text
    }

    /// A template as the document that alters a machine of an infrastructure: read for itself, with the inputs that the
    /// template of the infrastructure had. Nothing of it is kept.
    /// - Throws: ``ManagerError`` `invalidDocument` with all mistakes.
    package func document(
        of template: TemplateRequest, altering id: InfrastructureID, caller: Caller
    ) async throws -> String {
        let earlier = try stored(try await snapshot(id, caller: caller))
        do {
            return try await Planner(manager: self).translation(
                of: template.text, "template", inputs: template.inputs, earlier: earlier?.inputs ?? [:],
                salt: earlier?.salt ?? id.rawValue, folder: template.folder, accessToken: template.accessToken
            ).document.text()
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
    }

    /// The outputs of the template that an infrastructure was made of, with what is known of its machines now: null for
    /// what is not known yet. Nil: it was made of a RADL document.
    /// - Throws: ``ManagerError``.
    package func outputs(of id: InfrastructureID, caller: Caller) async throws -> TOSCAMap? {
        let snapshot = try await snapshot(id, caller: caller)
        guard let stored = try stored(snapshot) else { return nil }
        let template: TOSCATemplate
        do {
            template = try await TOSCATemplate(
                text: stored.text, name: "stored template", resolver: resolver(folder: stored.folder))
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
        let needsEvents = template.outputs.contains { output in
            let text = output.value.json
            return text.contains("ctxt_log") || text.contains("ansible_output")
        }
        var events: [InfrastructureEvent] = []
        while needsEvents {
            let page = try await self.events(of: id, after: events.last?.sequence ?? 0, caller: caller)
            if page.isEmpty { break }
            events += page
        }
        let history = needsEvents ? try await contextualizationEvents(of: id, caller: caller) : []
        let machines = try DeployedMachines(snapshot: snapshot, events: events, history: history).all
        return template.outputs(inputs: stored.inputs, given: TOSCADeployment(machines: machines))
    }

    private func stored(_ snapshot: InfrastructureSnapshot) throws -> StoredTemplate? {
        do {
            return try StoredTemplate(snapshot.secrets)
        } catch {
            throw ManagerError(code: .internal, message: "the stored template cannot be read", cause: "\(error)")
        }
    }
}
