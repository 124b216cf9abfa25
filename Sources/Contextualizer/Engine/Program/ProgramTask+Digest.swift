import Jinja
import Support

extension ProgramTask {
    /// Of what the task says: another one at the same place, or the same one changed, has another.
    var digest: String {
        func text(_ value: JinjaValue?) -> String { value?.repr ?? "" }
        var texts = [moduleName, name, JinjaValue.dict(arguments).repr, argumentsTemplate ?? "", register ?? ""]
        texts +=
            conditions + ["until"] + (until ?? []) + ["changed"] + (changedWhen ?? []) + ["failed"] + (failedWhen ?? [])
        if let loop { texts += [loop.lookup, loop.items.repr, loop.variable] }
        texts += [become, becomeUser, becomeMethod, delegate, remoteUser, connection, checkMode].map(text)
        texts += environment.map(\.repr)
        return Fingerprint.of(texts)
    }
}
