extension ServiceOption {
    /// Every option, in the order of the commented file. IM's are those of its documentation.
    package static let all: [ServiceOption] = addresses + access + patience + log + documents + withoutUse + openNebula

    private static let port = Kind.integer(0...65535)
    private static let seconds = Kind.integer(0...31_536_000)

    private static let addresses: [ServiceOption] = [
        ServiceOption(
            "STATE_DIR", .text, "/var/lib/gantry", .used("Folder of the state and of credentials."), section: .gantry),
        ServiceOption(
            "CONNECTOR_DIRS", .list, "", .used("Folders with connector-* executables, separated by commas."),
            section: .gantry),
        ServiceOption("ACTIVATE_REST", .flag, "true", .used("Serve the REST interface.")),
        ServiceOption(
            "REST_ADDRESS", .text, "127.0.0.1", .used("Address of the REST interface; 0.0.0.0: all of them.")),
        ServiceOption("REST_PORT", port, "8800", .used("Port of the REST interface.")),
        ServiceOption("REST_SSL", .flag, "false", .used("TLS for the REST interface.")),
        ServiceOption(
            "REST_SSL_CERTFILE", .text, "/etc/gantry/pki/server-cert.pem",
            .used("Its certificate with the chain, in PEM; read again when the file changes.")),
        ServiceOption("REST_SSL_KEYFILE", .text, "/etc/gantry/pki/server-key.pem", .used("Its private key, in PEM.")),
        ServiceOption(
            "REST_SSL_CA_CERTS", .text, "",
            .meaningless("clients are known by what they send, not by certificates")),
        ServiceOption(
            "REST_ROOT_PATH", .text, "/", .used("A path in front of all others, as a proxy has it: links have it.")),
        ServiceOption(
            "REQUESTS_PER_SECOND", .integer(0...10_000_000), "10000",
            .used("Requests a second of one user that are answered, of both interfaces; 0: no limit."),
            section: .gantry),
        ServiceOption("ACTIVATE_XMLRPC", .flag, "true", .used("Serve the XML-RPC interface.")),
        ServiceOption("XMLRCP_ADDRESS", .text, "127.0.0.1", .used("Address of the XML-RPC interface.")),
        ServiceOption("XMLRCP_PORT", port, "8899", .used("Port of the XML-RPC interface.")),
        ServiceOption("XMLRCP_SSL", .flag, "false", .used("TLS for the XML-RPC interface.")),
        ServiceOption(
            "XMLRCP_SSL_CERTFILE", .text, "/etc/gantry/pki/server-cert.pem", .used("Its certificate with the chain.")),
        ServiceOption("XMLRCP_SSL_KEYFILE", .text, "/etc/gantry/pki/server-key.pem", .used("Its private key.")),
        ServiceOption(
            "XMLRCP_SSL_CA_CERTS", .text, "",
            .meaningless("clients are known by what they send, not by certificates")),
        ServiceOption(
            "ENABLE_CORS", .flag, "false", .used("Let pages of other origins use the REST interface.")),
        ServiceOption("CORS_ORIGIN", .text, "*", .used("Which origin; *: any.")),
    ]

    private static let access: [ServiceOption] = [
        ServiceOption(
            "BOOT_MODE", .integer(0...2), "0", .used("0: everything; 1: only reading; 2: only reading and destroying.")),
        ServiceOption(
            "USER_DB", .text, "",
            .used(
                "File of users, as JSON: {\"users\": [{\"username\": \"u\", \"password\": \"p\"}]}; read again when it "
                    + "changes. Empty: any user name and password are a user.")),
        ServiceOption(
            "ADMIN_USER", .json, "{}",
            .used("{\"username\": \"u\", \"password\": \"p\"} or a list: may use every infrastructure."), isSecret: true
        ),
        ServiceOption(
            "FORCE_OIDC_AUTH", .flag, "false", .used("Let in nobody without a token of OpenID Connect.")),
        ServiceOption(
            "OIDC_ISSUERS", .list, "",
            .used(
                "Issuers whose tokens (OpenID Connect, JWT) are a login, as https://host/path, separated by commas.")),
        ServiceOption("OIDC_AUDIENCE", .text, "", .used("Whom tokens have to be for (aud); empty: anybody.")),
        ServiceOption("OIDC_CLIENT_ID", .text, "", .meaningless("tokens are checked by the issuer's keys")),
        ServiceOption(
            "OIDC_CLIENT_SECRET", .text, "", .meaningless("tokens are checked by the issuer's keys"), isSecret: true),
        ServiceOption("OIDC_SCOPES", .list, "", .used("Scopes that tokens have to have, all of them.")),
        ServiceOption("OIDC_GROUPS", .list, "", .used("Groups that users have to be in, in all of them.")),
        ServiceOption("OIDC_GROUPS_CLAIM", .text, "groups", .used("The claim that names a user's groups.")),
        ServiceOption(
            "OIDC_ADMIN_GROUPS", .json, "[]",
            .used(
                "{\"issuer\": \"https://host/path\", \"group\": \"g\"} or a list: who is in one may use every "
                    + "infrastructure.")),
        ServiceOption(
            "OIDC_USER_INFO_PATH", .text, "/userinfo", .meaningless("issuers tell their addresses themselves")),
        ServiceOption(
            "OIDC_INSTROSPECT_PATH", .text, "/introspect", .meaningless("issuers tell their addresses themselves")),
        ServiceOption(
            "VAULT_URL", .text, "",
            .used(
                "A Vault with users' credentials of clouds, such as https://HOST:8200; who comes with a token alone "
                    + "has those.")),
        ServiceOption(
            "VAULT_PATH", .text, "",
            .used("Path of a user's secret; #USER_SUB# in it is the user. Without it: Vault's id of the user.")),
        ServiceOption("VAULT_MOUNT_POINT", .text, "", .used("The KV engine; without it: credentials/.")),
        ServiceOption("VAULT_ROLE", .text, "", .used("The role of the login by JWT; without it: Vault's default.")),
        ServiceOption("SINGLE_SITE", .flag, "false", .refused("one fixed cloud for all users does not exist")),
        ServiceOption("SINGLE_SITE_TYPE", .text, "", .meaningless("it belongs to SINGLE_SITE")),
        ServiceOption("SINGLE_SITE_AUTH_HOST", .text, "", .meaningless("it belongs to SINGLE_SITE")),
        ServiceOption("SINGLE_SITE_IMAGE_URL_PREFIX", .text, "", .meaningless("it belongs to SINGLE_SITE")),
        ServiceOption(
            "VERIFI_SSL", .flag, "true",
            .meaningless("certificates of clouds are always verified; an own authority belongs to the system's")),
    ]

    private static let patience: [ServiceOption] = [
        ServiceOption(
            "WAIT_RUNNING_VM_TIMEOUT", seconds, "1800",
            .used("Seconds from the launch of a machine until it has to run; then it is launched elsewhere.")),
        ServiceOption(
            "WAIT_SSH_ACCCESS_TIMEOUT", seconds, "600", .used("Seconds in which a machine has to let us in by SSH.")),
        ServiceOption(
            "MAX_CONTEXTUALIZATION_TIME", seconds, "7200",
            .used("Seconds for the contextualization of an infrastructure whose document sets no limit.")),
        ServiceOption(
            "PLAYBOOK_RETRIES", .integer(0...1_000), "1",
            .used("How often a recipe that fails on a machine is run there, in all; before the n-th time: n² · 5 s.")),
        ServiceOption(
            "MAX_SIMULTANEOUS_LAUNCHES", .integer(1...1_000_000), "5",
            .meaningless("machines of one cloud are launched in one call")),
        ServiceOption(
            "MAX_VM_FAILS", .integer(1...1_000_000), "3",
            .meaningless("a machine is tried once at each cloud that can take it")),
        ServiceOption(
            "DELAY_BETWEEN_VM_RETRIES", seconds, "5", .meaningless("the cause of a failure says when it is tried again")
        ),
        ServiceOption(
            "WAIT_PUBLIC_IP_TIMEOUT", seconds, "90", .meaningless("an address belongs to a machine that runs")),
        ServiceOption(
            "VM_INFO_UPDATE_FREQUENCY", seconds, "10", .meaningless("machines are asked for while something changes")),
        ServiceOption(
            "VM_INFO_UPDATE_ERROR_GRACE_PERIOD", seconds, "120",
            .meaningless("an error of the cloud does not change the state of a machine")),
        ServiceOption(
            "INF_CACHE_TIME", seconds, "0", .meaningless("nothing is cached that another process may change")),
        ServiceOption(
            "REST_MAX_BLOCKING_CALLS", .integer(1...1_000_000), "32", .meaningless("no call blocks a thread")),
        ServiceOption("REST_BLOCKING_CALL_TIMEOUT", seconds, "0", .meaningless("no call blocks a thread")),
    ]

    private static let log: [ServiceOption] = [
        ServiceOption(
            "LOG_LEVEL", .text, "INFO", .used("TRACE, DEBUG, INFO, NOTICE, WARNING, ERROR or CRITICAL.")),
        ServiceOption(
            "LOG_FILE", .text, "", .used("File of the log; empty: standard error, which systemd keeps.")),
        ServiceOption(
            "LOG_FILE_MAX_SIZE", .integer(0...Int(Int32.max)), "10485760",
            .used("Bytes after which the log goes on in a new file; the last three stay. 0: never.")),
    ]

    private static let documents: [ServiceOption] = [
        ServiceOption("DEFAULT_VM_MEMORY", .integer(1...1_000_000), "512", .missing("it is 512 MiB")),
        ServiceOption("DEFAULT_VM_MEMORY_UNIT", .text, "M", .missing("it is 512 MiB")),
        ServiceOption("DEFAULT_VM_CPUS", .integer(1...100_000), "1", .missing("it is one")),
        ServiceOption("DEFAULT_VM_CPU_ARCH", .text, "x86_64", .missing("it is the image's")),
        ServiceOption("DEFAULT_VM_NAME", .text, "vnode-#N#", .missing("it is the system's name and a number")),
        ServiceOption("DEFAULT_DOMAIN", .text, "localdomain", .missing("it is localdomain")),
        ServiceOption(
            "PRIVATE_NET_MASKS", .list,
            "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,192.0.0.0/24,198.18.0.0/15",
            .missing("which addresses are private is as the clouds and RFC 6890 say")),
    ]

    private static let withoutUse: [ServiceOption] = [
        ServiceOption(
            "DATA_DB", .text, "",
            .meaningless("the state is in STATE_DIR; `gantry import-database` takes over what is in it"),
            isSecret: true),
        ServiceOption("CONTEXTUALIZATION_DIR", .text, "", .meaningless("nothing is copied to machines")),
        ServiceOption("RECIPES_DIR", .text, "", .meaningless("recipes are in the program")),
        ServiceOption("RECIPES_DB_FILE", .text, "", .meaningless("recipes are in the program")),
        ServiceOption("REMOTE_CONF_DIR", .text, "/var/tmp/.im", .meaningless("nothing is left on machines")),
        ServiceOption(
            "CHECK_CTXT_PROCESS_INTERVAL", seconds, "10", .meaningless("progress of tasks is told, not asked for")),
        ServiceOption(
            "CONFMAMAGER_CHECK_STATE_INTERVAL", seconds, "5", .meaningless("progress is told, not asked for")),
        ServiceOption("UPDATE_CTXT_LOG_INTERVAL", seconds, "20", .meaningless("the log is up to date")),
        ServiceOption("ANSIBLE_INSTALL_TIMEOUT", seconds, "500", .meaningless("machines need no Ansible")),
        ServiceOption("MAX_SSH_ERRORS", .integer(0...1_000_000), "5", .meaningless("time limits it")),
        ServiceOption(
            "VM_NUM_USE_CTXT_DIST", .integer(0...1_000_000), "30", .meaningless("every machine is reached from here")),
        ServiceOption("SSH_REVERSE_TUNNELS", .flag, "true", .meaningless("there is no master machine")),
        ServiceOption("VMINFO_JSON", .flag, "false", .meaningless("the client says which form it wants")),
        ServiceOption("VM_TAG_USERNAME", .text, "", .missing("tags of machines name the infrastructure")),
        ServiceOption("VM_TAG_INF_ID", .text, "", .missing("tags of machines name the infrastructure")),
        ServiceOption("VM_TAG_IM_URL", .text, "", .missing("tags of machines name the infrastructure")),
        ServiceOption("VM_TAG_IM", .text, "", .missing("tags of machines name the infrastructure")),
        ServiceOption("STATIC_FILES_DIR", .text, "", .meaningless("it serves no files")),
        ServiceOption("OAIPMH_REPO_BASE_IDENTIFIER_URL", .text, "", .meaningless("there is no OAI-PMH repository")),
        ServiceOption("OAIPMH_REPO_NAME", .text, "", .meaningless("there is no OAI-PMH repository")),
        ServiceOption("OAIPMH_REPO_DESCRIPTION", .text, "", .meaningless("there is no OAI-PMH repository")),
        ServiceOption("OAIPMH_REPO_ADMIN_EMAIL", .text, "", .meaningless("there is no OAI-PMH repository")),
    ]

    private static let openNebula: [ServiceOption] = ["TEMPLATE_CONTEXT", "TEMPLATE_OTHER", "IMAGE_UNAME", "TTS_URL"]
        .map {
            ServiceOption($0, .text, "", .meaningless("connectors have their own settings"), section: .openNebula)
        }
}
