/// The reserved words, for completion and hover.
struct SentenceWord: Sendable {
    var word: String
    /// How it is written.
    var syntax: String
    var meaning: String
    /// What completion puts in, with the places to fill; `${1:id}` as editors know it.
    var snippet: String

    /// Words that begin a sentence.
    static let sentences: [SentenceWord] = [
        SentenceWord(
            word: "system", syntax: "system ID ( FEATURES )",
            meaning:
                "A kind of machine: what it has to be. `deploy` makes machines of it. Without parentheses: a system "
                + "that the infrastructure has already.",
            snippet: "system ${1:id} (\n    cpu.count >= ${2:1} and\n    memory.size >= ${3:2GiB} and\n"
                + "    net_interface.0.connection = '${4:network}'\n)"),
        SentenceWord(
            word: "network", syntax: "network ID ( FEATURES )",
            meaning: "A network that machines are connected to by `net_interface.N.connection`. Public with "
                + "`outbound = 'yes'`, else private. Without parentheses: a network that the infrastructure has already.",
            snippet: "network ${1:id} (${2:outbound = 'yes'})"),
        SentenceWord(
            word: "deploy", syntax: "deploy SYSTEM NUMBER [CLOUD]",
            meaning:
                "How many machines of a system are wanted; with the id of a cloud of the authorization file, there.",
            snippet: "deploy ${1:system} ${2:1}"),
        SentenceWord(
            word: "configure", syntax: "configure ID ( @begin RECIPE @end )",
            meaning:
                "A recipe: plays as Ansible writes them, in YAML. It runs on the machines of the system of the same id, "
                + "or where `contextualize` says. `@end` stands at the beginning of a line. Empty parentheses: the system is "
                + "not configured.",
            snippet: "configure ${1:system} (\n@begin\n---\n- tasks:\n    - ${2:debug: msg=hello}\n@end\n)"),
        SentenceWord(
            word: "contextualize", syntax: "contextualize [SECONDS] ( OPTIONS ITEMS )",
            meaning:
                "Which recipes run on which systems, in which order: steps one after the other, the items of one step "
                + "at the same time. Without it each system has the recipe of its own id. Empty parentheses: nothing is "
                + "configured.",
            snippet: "contextualize (\n    system ${1:system} configure ${2:recipe} step ${3:1}\n)"),
        SentenceWord(
            word: "description", syntax: "description ID ( FEATURES )",
            meaning: "Name and other facts of the infrastructure. The first sentence, at most once.",
            snippet: "description ${1:id} (\n    name = '${2:My infrastructure}'\n)"),
        SentenceWord(
            word: "ansible", syntax: "ansible ID ( FEATURES )",
            meaning: "A host outside of the infrastructure that runs the contextualization; systems name it by "
                + "`ansible_host`.",
            snippet: "ansible ${1:id} (\n    host = '${2:host}' and\n    credentials.username = '${3:user}' and\n"
                + "    credentials.private_key = '${4:key}'\n)"),
        SentenceWord(
            word: "include", syntax: "include ID ( template = 'NAME' )",
            meaning: "A word of EC3: the sections of another document, which lies beside this one.",
            snippet: "include ${1:id} (template = '${2:name}')"),
    ]

    /// Words within sentences.
    static let others: [SentenceWord] = [
        SentenceWord(word: "and", syntax: "FEATURE and FEATURE", meaning: "Stands between features.", snippet: "and"),
        SentenceWord(
            word: "soft", syntax: "soft WEIGHT ( FEATURES )",
            meaning: "A wish: kept where it can be, and counted by its weight where several choices are left.",
            snippet: "soft ${1:100} (${2:feature})"),
        SentenceWord(
            word: "contains", syntax: "NAME contains ( FEATURES )",
            meaning: "Adds an element with features of its own, such as an application.",
            snippet: "contains (name = '$1')"),
        SentenceWord(
            word: "step", syntax: "system SYSTEM configure RECIPE step NUMBER",
            meaning: "When the recipe runs: behind all of lower steps.", snippet: "step ${1:1}"),
        SentenceWord(
            word: "with", syntax: "system SYSTEM configure RECIPE with TOOL",
            meaning: "What runs the recipe: `Ansible`, or `cloud_init` for the first start of the machine.",
            snippet: "with ${1:cloud_init}"),
        SentenceWord(
            word: "option", syntax: "option NAME = VALUE", meaning: "An option of the contextualization.",
            snippet: "option ${1:ansible_version} = '$2'"),
    ]

    static func word(_ text: String) -> SentenceWord? {
        (sentences + others).first { $0.word == text }
    }
}
