/// What is to be known of keywords beyond their being there.
enum KeywordSupport {
    /// Keywords that are refused before anything runs.
    static let refused: [String: String] = [:]

    /// Keywords that are read, with what is different about them.
    static let notes: [String: String] = [
        "async": "the task is waited for, within that time", "poll": "the task is waited for",
        "become_method": "sudo, su and doas",
        "collections": "without effect: modules have their names", "connection": "ssh and local",
        "debugger": "without effect", "strategy": "linear, free and host_pinned",
        "delegate_to":
            "machines of the run; where a user runs a playbook the controller and machines of no inventory, too",
        "local_action": "where a user runs a playbook", "roles": "local ones, where a user runs a playbook",
        "vars_prompt": "`encrypt` by sha512_crypt, sha256_crypt, md5_crypt and bcrypt",
    ]
}
