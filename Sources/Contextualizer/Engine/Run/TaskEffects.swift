import Jinja
import Modules

/// What a task left for later ones: stored with its record, so that a run that died goes on behind it.
struct TaskEffects: Sendable {
    /// Registered results and `set_fact` variables.
    var variables = JinjaDict()
    /// Facts without the prefix `ansible_`.
    var facts = JinjaDict()
    /// The machine whose facts they are, where it is another one.
    var factsOwner: String?
    /// What `set_fact` sets on that machine.
    var ownersVariables = JinjaDict()
    /// Names and topics of handlers.
    var notified: [String] = []
    /// The result of a failed task that a `rescue` section sees.
    var failure: JinjaDict?
    /// A handler that ran.
    var ranHandler = false

    var isEmpty: Bool {
        variables.isEmpty && facts.isEmpty && ownersVariables.isEmpty && notified.isEmpty && failure == nil
            && !ranHandler
    }

    /// JSON; nil when there are none.
    var text: String? {
        guard !isEmpty else { return nil }
        var dict = JinjaDict()
        if !variables.isEmpty { dict["variables"] = .dict(variables) }
        if !facts.isEmpty { dict["facts"] = .dict(facts) }
        if let factsOwner { dict["factsOwner"] = .string(factsOwner) }
        if !ownersVariables.isEmpty { dict["ownersVariables"] = .dict(ownersVariables) }
        if !notified.isEmpty { dict["notified"] = .list(notified.map { .string($0) }) }
        if let failure { dict["failure"] = .dict(failure) }
        if ranHandler { dict["ranHandler"] = .bool(true) }
        return JSONText.text(.dict(dict))
    }

    init() {}

    /// Reads ``text``; nil text means no effects. A text that is none of ours gives nil.
    init?(text: String?) {
        guard let text else { return }
        guard case .dict(let dict)? = JSONText.parse(text) else { return nil }
        variables = dict["variables"]?.dictValue ?? JinjaDict()
        facts = dict["facts"]?.dictValue ?? JinjaDict()
        factsOwner = dict["factsOwner"]?.stringValue
        ownersVariables = dict["ownersVariables"]?.dictValue ?? JinjaDict()
        notified = dict["notified"]?.listValue?.map(\.text) ?? []
        failure = dict["failure"]?.dictValue
        ranHandler = dict["ranHandler"]?.boolValue ?? false
    }
}
