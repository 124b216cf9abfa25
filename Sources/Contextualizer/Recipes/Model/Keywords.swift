/// The words of the recipe language.
enum Keywords {
    /// Plays, blocks and tasks.
    static let common: Set<String> = [
        "name", "vars", "become", "become_user", "become_method", "become_flags", "become_exe", "sudo", "sudo_user",
        "su", "su_user", "environment", "tags", "ignore_errors", "ignore_unreachable", "no_log", "run_once",
        "check_mode", "always_run", "diff", "remote_user", "connection", "port", "any_errors_fatal", "throttle",
        "timeout", "collections", "module_defaults", "debugger",
    ]
    /// Blocks and tasks.
    static let conditional: Set<String> = ["when", "notify", "delegate_to", "delegate_facts"]
    static let task: Set<String> = [
        "action", "args", "async", "changed_when", "delay", "failed_when", "listen", "local_action", "loop",
        "loop_control", "poll", "register", "retries", "static", "until",
    ]
    static let block: Set<String> = ["block", "rescue", "always"]
    static let play: Set<String> = [
        "hosts", "vars_files", "vars_prompt", "roles", "tasks", "pre_tasks", "post_tasks", "handlers", "gather_facts",
        "gather_subset", "gather_timeout", "fact_path", "serial", "max_fail_percentage", "force_handlers", "strategy",
        "order", "user", "import_playbook", "validate_argspec",
    ]
    /// Words that only plays have, by which a play is told from a task.
    static let playOnly = play.subtracting(["user"])

    /// Keywords that this engine reads but does nothing with; they change no result.
    static let ignored: Set<String> = ["collections", "debugger", "static"]

    /// Modules whose text is taken as it is, with a few options in it.
    static let freeForm: Set<String> = ["command", "shell", "script", "raw", "win_command", "win_shell", "expect"]
    /// Modules that take a text beside `k=v` parameters.
    static let takesText: Set<String> = freeForm.union([
        "include", "include_tasks", "include_role", "include_vars", "import_tasks", "import_role", "add_host",
        "group_by", "set_fact", "meta",
    ])
    /// The options that may stand in the text of a free-form module.
    static let freeFormOptions: Set<String> = [
        "creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends",
    ]
    static let includes: Set<String> = ["include", "include_tasks", "import_tasks", "include_role", "import_role"]

    /// Modules that recipes are known to use, to tell a module from a mistyped keyword and to find the nearest word.
    static let knownModules: Set<String> = freeForm.union(takesText).union([
        "alternatives", "apt", "apt_key", "apt_repository", "assemble", "assert", "async_status", "authorized_key",
        "blockinfile", "copy", "cron", "deb822_repository", "debconf", "debug", "dnf", "docker", "docker_compose_v2",
        "docker_container", "docker_image", "docker_network", "dpkg_selections", "fail", "fetch", "file", "filesystem",
        "find", "firewalld", "gather_facts", "gem", "get_url", "getent", "git", "group", "hostname", "htpasswd",
        "import_playbook", "ini_file", "iptables", "known_hosts", "lineinfile", "locale_gen", "make", "modprobe",
        "mount", "mysql_db", "mysql_user", "npm", "openssl_csr", "openssl_privatekey", "package", "package_facts",
        "pacman", "parted", "pause", "ping", "pip", "postgresql_db", "postgresql_privs", "postgresql_user", "reboot",
        "replace", "rpm_key", "seboolean", "selinux", "service", "service_facts", "set_stats", "setup", "slurp",
        "snap", "stat", "subversion", "supervisorctl", "synchronize", "sysctl", "systemd", "systemd_service",
        "tempfile", "template", "timezone", "ufw", "unarchive", "uri", "user", "wait_for", "wait_for_connection",
        "x509_certificate", "xml", "yum", "yum_repository", "zypper", "zypper_repository",
    ])

    /// A module's name without the prefix of the built-in collections.
    static func shortModuleName(_ name: String) -> String {
        for prefix in ["ansible.builtin.", "ansible.legacy."] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}
