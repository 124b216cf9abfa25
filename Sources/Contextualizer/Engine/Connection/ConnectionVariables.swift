import ContextualizationAPI
import Jinja

/// The variables by which Ansible is told how to connect, and what each does here. `docs/compatibility-ansible.md` is made
/// from this table.
enum ConnectionVariables {
    /// What a variable does.
    enum Treatment: Sendable, Hashable {
        case followed
        /// It says how Ansible works inside, which is another way here.
        case ignored
        /// The run does not begin.
        case refused
    }

    struct Entry: Sendable {
        var names: [String]
        var treatment: Treatment
        /// For the page.
        var note: String
        /// Why a value cannot be followed; nil: it can. Asked where the variable has a value.
        var problem: (@Sendable (String) -> String?)?
    }

    static let table: [Entry] = [
        Entry(names: ["ansible_host", "ansible_ssh_host"], treatment: .followed, note: "address or name"),
        Entry(
            names: ["ansible_port", "ansible_ssh_port"], treatment: .followed, note: "1 to 65535; others are refused"),
        Entry(names: ["ansible_user", "ansible_ssh_user"], treatment: .followed, note: "over `-u`"),
        Entry(
            names: ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"], treatment: .followed,
            note: "tried after the keys; also for machines in between"),
        Entry(
            names: ["ansible_ssh_private_key_file", "ansible_private_key_file"], treatment: .followed,
            note: "in OpenSSH's or PEM form, without a passphrase"),
        Entry(
            names: ["ansible_private_key", "ansible_ssh_private_key"], treatment: .followed,
            note: "the text of such a key"),
        Entry(
            names: ["ansible_private_key_passphrase", "ansible_ssh_private_key_passphrase"], treatment: .refused,
            note:
                "give the key to an agent (`ssh-add`), or write it without one (`ssh-keygen -p`) into a file that is yours alone",
            problem: { _ in "keys with a passphrase cannot be read: add the key to an agent with ssh-add" }),
        Entry(
            names: ["ansible_connection"], treatment: .followed,
            note: "`ssh`, `smart` and `paramiko` are SSH; `local`; others are refused", problem: ConnectionKind.problem),
        Entry(
            names: ["ansible_timeout", "ansible_ssh_timeout"], treatment: .followed,
            note: "most time of one try to connect, from the name's look-up until a shell answers; over `-T`"),
        Entry(
            names: ["ansible_ssh_retries"], treatment: .followed,
            note: "further tries to connect; none by default. A login that is refused is not tried again"),
        Entry(
            names: ["ansible_host_key_checking", "ansible_ssh_host_key_checking"], treatment: .followed,
            note: "`false`: any key; `true`: only known ones; without it a host that is in no `known_hosts` is trusted "
                + "at first sight"),
        Entry(
            names: ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"], treatment: .followed,
            note: "see below"),
        Entry(
            names: ["ansible_ssh_executable"], treatment: .refused,
            note: "but for `ssh` itself: no program is called",
            problem: {
                $0 == "ssh" || $0.hasSuffix("/ssh")
                    ? nil : "no program is called to connect: name machines in between by -o ProxyJump"
            }),
        Entry(
            names: ["ansible_ssh_pkcs11_provider"], treatment: .refused, note: "keys of smart cards cannot be used",
            problem: { _ in "keys of smart cards cannot be used: give a key file" }),
        Entry(
            names: ["ansible_become", "ansible_become_user", "ansible_become_method"], treatment: .followed,
            note: "over the keywords; `sudo`, `su` and `doas`, others fail the task"),
        Entry(
            names: ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass", "ansible_su_pass"],
            treatment: .followed, note: "handed over the stream, when it is asked for"),
        Entry(
            names: [
                "ansible_become_exe", "ansible_become_flags", "ansible_sudo_user", "ansible_sudo_exe",
                "ansible_sudo_flags", "ansible_su_user", "ansible_su_exe", "ansible_su_flags",
            ], treatment: .followed, note: "as the names without the method, for that method"),
        Entry(
            names: ["ansible_sudo_chdir"], treatment: .refused, note: "use `chdir` of the task",
            problem: { _ in "sudo changes no folder here: use chdir of the task" }),
        Entry(
            names: ["ansible_su_prompt_l10n"], treatment: .ignored,
            note: "`su` is asked in the language `C`"),
        Entry(
            names: ["ansible_shell_type"], treatment: .ignored,
            note: "programs are for `sh`, whatever the login shell is; `powershell` and `cmd` are refused",
            problem: {
                ["powershell", "cmd"].contains($0) ? "hosts with Windows cannot be configured" : nil
            }),
        Entry(
            names: [
                "ansible_python_interpreter", "ansible_interpreter_python_fallback",
                "ansible_python_module_rlimit_nofile", "ansible_module_compression",
            ], treatment: .ignored, note: "nothing runs in Python there"),
        Entry(
            names: ["ansible_pipelining", "ansible_ssh_pipelining"], treatment: .ignored,
            note: "all goes down one stream in any case"),
        Entry(
            names: [
                "ansible_ssh_transfer_method", "ansible_scp_if_ssh", "ansible_scp_executable", "ansible_scp_extra_args",
                "ansible_sftp_executable", "ansible_sftp_extra_args", "ansible_sftp_batch_mode",
            ], treatment: .ignored, note: "files go down the same stream"),
        Entry(
            names: ["ansible_control_path", "ansible_control_path_dir"], treatment: .ignored,
            note: "a host has one connection in any case"),
        Entry(
            names: ["ansible_ssh_password_mechanism", "ansible_sshpass_prompt", "ansible_ssh_use_tty"],
            treatment: .ignored, note: "no program asks"),
        Entry(names: ["ansible_ssh_verbosity"], treatment: .ignored, note: "messages say what failed in any case"),
        Entry(
            names: [
                "ansible_shell_executable", "ansible_remote_tmp", "ansible_system_tmpdirs", "ansible_async_dir",
                "ansible_common_remote_group", "ansible_shell_allow_world_readable_temp", "ansible_admin_users",
            ], treatment: .ignored, note: "files of programs lie in a private folder of their user, below `$TMPDIR`"),
        Entry(
            names: ["ansible_no_target_syslog", "ansible_target_log_info"], treatment: .ignored,
            note: "nothing is written to the host's log"),
        Entry(
            names: ["ansible_paramiko_*"], treatment: .refused,
            note: "where the connection is `paramiko`: use the names with `ansible_ssh_`; else they count for nobody"),
        Entry(
            names: ["ansible_local_become_success_timeout", "ansible_local_become_strip_preamble"],
            treatment: .ignored, note: "of another way to become somebody"),
    ]

    /// What is wrong with the first of a host's variables that cannot be followed; nil: nothing.
    ///
    /// - Parameter text: The value of a variable; nil: it has none.
    static func problem(_ names: some Sequence<String>, _ text: (String) throws -> String?) throws -> String? {
        for name in names where name.hasPrefix("ansible_") {
            if name.hasPrefix(paramiko), try text("ansible_connection")?.contains("paramiko") == true {
                return "\(name): the connection is not made by paramiko: use the name with 'ansible_ssh_'"
            }
            guard let entry = judged[name], let value = try text(name), !value.isEmpty,
                let problem = entry.problem?(value)
            else { continue }
            return "\(name): \(problem)"
        }
        return nil
    }

    /// Those by which a way to a machine is another one; who logs in, and who becomes whom, is looked at for each task.
    static let ofTheWay = table.filter { $0.treatment != .ignored || $0.problem != nil }.flatMap(\.names).filter {
        name in
        !["ansible_become", "ansible_su", "ansible_user", "ansible_ssh_user", paramiko].contains { name.hasPrefix($0) }
    }

    /// Of a connection that counts for nobody else.
    private static let paramiko = "ansible_paramiko_"

    /// Those that have values which cannot be followed.
    private static let judged = Dictionary(
        table.filter { $0.problem != nil }.flatMap { entry in entry.names.map { ($0, entry) } }
    ) { first, _ in first }
}

/// By what a host is worked on.
enum ConnectionKind: Sendable {
    case ssh, local

    /// - Returns: nil for a kind that there is not.
    init?(_ name: String) {
        switch name {
        case "ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.builtin.paramiko_ssh":
            self = .ssh
        case "local", "ansible.builtin.local": self = .local
        default: return nil
        }
    }

    static func problem(_ name: String) -> String? {
        ConnectionKind(name) == nil ? "connections by '\(name)' are not supported: there are ssh and local" : nil
    }
}
