import Foundation
import InfrastructureModel
package import Support
package import TOSCA

/// A TOSCA template in the place of a request's document.
package struct TemplateRequest: Sendable {
    package var text: String
    /// Values of its inputs.
    package var inputs: [String: TOSCAValue]
    /// A folder whose files it may name by a path: the local user's alone. Nil: none.
    package var folder: String?
    /// What inputs of default `access_token()` get.
    package var accessToken: Secret<String>?

    package init(
        text: String, inputs: [String: TOSCAValue] = [:], folder: String? = nil, accessToken: Secret<String>? = nil
    ) {
        self.text = text
        self.inputs = inputs
        self.folder = folder
        self.accessToken = accessToken
    }
}

/// The template that an infrastructure was made of, as its secrets keep it: what updates and outputs need.
struct StoredTemplate {
    var text: String
    /// Values of all inputs, also of those that were drawn.
    var inputs: [String: TOSCAValue]
    /// See ``TOSCAOptions/salt``.
    var salt: String
    var folder: String?

    init(text: String, inputs: [String: TOSCAValue], salt: String, folder: String?) {
        self.text = text
        self.inputs = inputs
        self.salt = salt
        self.folder = folder
    }

    /// - Throws: ``TOSCAErrors`` where it was stored by somebody else.
    init?(_ secrets: InfrastructureSecrets) throws(TOSCAErrors) {
        guard let stored = secrets.template else { return nil }
        let values = try TOSCAInputs.read(stored.expose(), name: "stored template")
        guard let text = values["text"]?.string, let salt = values["salt"]?.string else { return nil }
        self.text = text
        self.salt = salt
        inputs = Dictionary(
            (values["values"]?.map?.entries ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        folder = values["folder"]?.string
    }

    var secret: Secret<String> {
        let values = TOSCAMap(inputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        var map = [("text", TOSCAValue(text)), ("salt", TOSCAValue(salt)), ("values", TOSCAValue(values))]
        if let folder { map.append(("folder", TOSCAValue(folder))) }
        return Secret(TOSCAValue(TOSCAMap(map)).json)
    }
}
