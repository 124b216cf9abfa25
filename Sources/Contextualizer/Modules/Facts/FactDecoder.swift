import Jinja

/// Turns the records of ``FactScript`` into Ansible's facts, without the prefix `ansible_`.
struct FactDecoder {
    private let records: Records
    private(set) var facts = JinjaDict()
    private(set) var warnings: [String] = []

    init(_ records: Records) {
        self.records = records
        identity()
        distribution()
        processors()
        memory()
        network()
        devices()
        virtualization()
        load()
        time()
        localFacts()
    }

    private func lines(_ key: String) -> [Substring] {
        (records[key] ?? "").split(separator: "\n")
    }

    private mutating func copy(_ keys: [String]) {
        for key in keys { facts[key] = .string(records[key] ?? "") }
    }

    // MARK: - Identity

    private mutating func identity() {
        copy(["system", "kernel", "kernel_version", "architecture", "nodename", "service_mgr", "machine_id"])
        facts["machine"] = facts["architecture"]
        let nodename = records["nodename"] ?? ""
        facts["hostname"] = .string(nodename.split(separator: ".").first.map(String.init) ?? nodename)
        let fqdn = records["fqdn"].flatMap { $0.isEmpty ? nil : $0 } ?? nodename
        facts["fqdn"] = .string(fqdn)
        facts["domain"] = .string(fqdn.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? "")
        facts["pkg_mgr"] = .string(records["pkg_mgr"] ?? "unknown")
        let bits = records["bits"] ?? "64"
        facts["userspace_bits"] = .string(bits)
        let architecture = records["architecture"] ?? ""
        facts["userspace_architecture"] = .string(bits == "32" && architecture == "x86_64" ? "i386" : architecture)
        copy(["user_id", "user_dir", "user_shell"])
        for key in ["user_uid", "user_gid"] { facts[key] = records[key].flatMap { Int($0) }.map { .int($0) } }
        for kind in ["effective", "real"] {
            facts[kind + "_user_id"] = facts["user_uid"]
            facts[kind + "_group_id"] = facts["user_gid"]
        }
        facts["user_gecos"] = .string(records["user_gecos"] ?? "")
        facts["is_chroot"] = .bool(records.flag("chroot"))
        facts["fips"] = .bool(records.flag("fips"))
        var options = JinjaDict()
        for word in (records["cmdline"] ?? "").split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            options[parts[0]] = parts.count > 1 ? .string(parts[1]) : .bool(true)
        }
        facts["cmdline"] = .dict(options)
        var environment = JinjaDict()
        for line in lines("env") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            environment[String(line[..<equals])] = .string(
                String(line[line.index(after: equals)...]).replacing("\u{1}", with: "\n"))
        }
        facts["env"] = .dict(environment)
        if let python = records["python_short"] {
            let parts = python.split(separator: ".").compactMap { Int($0) }
            facts["python_version"] = .string(python)
            facts["python"] = .dict([
                "version": ["major": .int(parts.first ?? 3), "minor": .int(parts.dropFirst().first ?? 0)],
                "executable": .string(records["python_path"] ?? "/usr/bin/python3"), "type": "cpython",
            ])
        }
        for kind in ["rsa", "ecdsa", "ed25519"] {
            guard let parts = records["ssh_\(kind)"]?.split(separator: " "), parts.count == 2 else { continue }
            facts["ssh_host_key_\(kind)_public"] = .string(String(parts[1]))
            facts["ssh_host_key_\(kind)_public_keytype"] = .string(String(parts[0]))
        }
        let mode = records["selinux"]?.lowercased()
        facts["selinux"] = .dict(
            mode == nil || mode == "disabled"
                ? ["status": .string(mode == nil ? "disabled" : "disabled")]
                : ["status": "enabled", "mode": .string(mode ?? "")])
        facts["apparmor"] = .dict(["status": .string(records["apparmor"] == "Y" ? "enabled" : "disabled")])
        facts["uptime_seconds"] = records["uptime"].flatMap { Int($0) }.map { .int($0) }
    }

    // MARK: - Distribution

    private static let names: [String: (name: String, family: String)] = [
        "debian": ("Debian", "Debian"), "ubuntu": ("Ubuntu", "Debian"), "raspbian": ("Debian", "Debian"),
        "linuxmint": ("Linux Mint", "Debian"), "kali": ("Kali", "Debian"), "devuan": ("Devuan", "Debian"),
        "centos": ("CentOS", "RedHat"), "rhel": ("RedHat", "RedHat"), "rocky": ("Rocky", "RedHat"),
        "almalinux": ("AlmaLinux", "RedHat"), "fedora": ("Fedora", "RedHat"), "ol": ("OracleLinux", "RedHat"),
        "amzn": ("Amazon", "RedHat"), "scientific": ("Scientific", "RedHat"), "alpine": ("Alpine", "Alpine"),
        "opensuse-leap": ("openSUSE Leap", "Suse"), "opensuse-tumbleweed": ("openSUSE Tumbleweed", "Suse"),
        "sles": ("SLES", "Suse"), "arch": ("Archlinux", "Archlinux"), "gentoo": ("Gentoo", "Gentoo"),
    ]

    private mutating func distribution() {
        var release: [Substring: String] = [:]
        for line in lines("os_release") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: equals)...]
            if value.count > 1, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            release[line[..<equals]] = String(value)
        }
        let id = release["ID"] ?? ""
        let version = version(id: id, release)
        let codename = codename(id: id, release)
        let like = (release["ID_LIKE"] ?? "").split(separator: " ").map(String.init)
        let family = ([id] + like).lazy.compactMap { Self.names[$0]?.family }.first ?? id.capitalized(first: true)
        facts["distribution"] = .string(Self.names[id]?.name ?? (release["NAME"] ?? id))
        facts["os_family"] = .string(family.isEmpty ? (records["system"] ?? "") : family)
        facts["distribution_version"] = .string(version)
        facts["distribution_major_version"] = .string(version.split(separator: ".").first.map(String.init) ?? version)
        facts["distribution_minor_version"] = .string(
            version.split(separator: ".").dropFirst().first.map(String.init) ?? "")
        facts["distribution_release"] = .string(codename ?? "n/a")
        facts["distribution_file_variety"] = facts["distribution"]
        facts["lsb"] = .dict([
            "id": facts["distribution"] ?? .none, "codename": .string(codename ?? ""), "release": .string(version),
            "description": .string(release["PRETTY_NAME"] ?? ""),
            "major_release": facts["distribution_major_version"] ?? .none,
        ])
    }

    /// Debian and CentOS tell the point release in a file of their own.
    private func version(id: String, _ release: [Substring: String]) -> String {
        if id == "debian", let full = records["file_debian_version"], full.contains("."), full.first?.isNumber == true {
            return full
        }
        if id == "centos", let text = records["file_redhat-release"],
            let full = text.split(separator: " ").first(where: { $0.first?.isNumber == true })
        {
            return full.split(separator: ".").prefix(2).joined(separator: ".")
        }
        return release["VERSION_ID"] ?? "n/a"
    }

    /// The name of the release; of SUSE the number after the point.
    private func codename(id: String, _ release: [Substring: String]) -> String? {
        if Self.names[id]?.family == "Suse" {
            return (release["VERSION_ID"] ?? "").split(separator: ".").dropFirst().first.map(String.init) ?? ""
        }
        if let name = release["VERSION_CODENAME"] { return name }
        if id == "centos", release["NAME"]?.contains("Stream") == true { return "Stream" }
        guard let text = release["VERSION"], let open = text.lastIndex(of: "("), let close = text.lastIndex(of: ")"),
            open < close
        else { return nil }
        return String(text[text.index(after: open)..<close])
    }

    // MARK: - Hardware

    private mutating func processors() {
        var list: [JinjaValue] = []
        var count = 0
        var sockets: Set<Substring> = []
        var cores = 1
        for line in lines("cpuinfo") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].trimmingBlanks()
            let value = line[line.index(after: colon)...].trimmingBlanks()
            switch key {
            case "processor":
                count += 1
                list.append(.string(String(value)))
            case "vendor_id", "model name": list.append(.string(String(value)))
            case "physical id": sockets.insert(value)
            case "cpu cores": cores = Int(value) ?? cores
            default: break
            }
        }
        let processors = sockets.isEmpty ? max(count, 1) : sockets.count
        let coresEach = sockets.isEmpty ? 1 : cores
        facts["processor"] = .list(list)
        facts["processor_count"] = .int(processors)
        facts["processor_cores"] = .int(coresEach)
        facts["processor_threads_per_core"] = .int(max(1, count / max(1, processors * coresEach)))
        facts["processor_vcpus"] = .int(max(count, 1))
        facts["processor_nproc"] = .int(max(count, 1))
    }

    private mutating func memory() {
        var megabytes: [Substring: Int] = [:]
        for line in lines("meminfo") {
            let parts = line.split(separator: " ")
            guard parts.count >= 2, let kilobytes = Int(parts[1]) else { continue }
            megabytes[parts[0].dropLast()] = kilobytes / 1024
        }
        let total = megabytes["MemTotal"] ?? 0
        let free = megabytes["MemFree"] ?? 0
        let swap = megabytes["SwapTotal"] ?? 0
        let swapFree = megabytes["SwapFree"] ?? 0
        facts["memtotal_mb"] = .int(total)
        facts["memfree_mb"] = .int(free)
        facts["swaptotal_mb"] = .int(swap)
        facts["swapfree_mb"] = .int(swapFree)
        let available = megabytes["MemAvailable"] ?? free
        facts["memory_mb"] = .dict([
            "real": ["total": .int(total), "used": .int(total - free), "free": .int(free)],
            "nocache": ["free": .int(available), "used": .int(total - available)],
            "swap": [
                "total": .int(swap), "free": .int(swapFree), "used": .int(swap - swapFree), "cached": 0,
            ],
        ])
    }

    private mutating func devices() {
        var devices = JinjaDict()
        for text in records.values["block"] ?? [] {
            let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count >= 3, let sectors = Int(parts[1]) else { continue }
            devices[String(parts[0])] = .dict([
                "sectors": .int(sectors), "sectorsize": "512", "size": .string(Self.size(sectors)),
                "removable": .string(String(parts[2])), "partitions": .dict([:]),
                "model": parts.count > 3 && !parts[3].isEmpty ? .string(String(parts[3])) : .none,
            ])
        }
        for text in records.values["part"] ?? [] {
            let parts = text.split(separator: " ").map(String.init)
            guard parts.count == 3, let sectors = Int(parts[2]), var device = devices[parts[0]]?.dictValue else {
                continue
            }
            var partitions = device["partitions"]?.dictValue ?? JinjaDict()
            partitions[parts[1]] = .dict([
                "sectors": .int(sectors), "sectorsize": 512, "size": .string(Self.size(sectors)),
            ])
            device["partitions"] = .dict(partitions)
            devices[parts[0]] = .dict(device)
        }
        facts["devices"] = .dict(devices)
        facts["mounts"] = .list(MountFacts(records).mounts)
        for (key, name) in [
            ("system_vendor", "sys_vendor"), ("product_name", "product_name"), ("bios_vendor", "bios_vendor"),
            ("product_uuid", "product_uuid"), ("product_serial", "product_serial"), ("bios_version", "bios_version"),
        ] {
            facts[key] = .string(records["dmi_\(name)"] ?? "NA")
        }
    }

    private static func size(_ sectors: Int) -> String {
        var size = Double(sectors) * 512
        for unit in ["Bytes", "KB", "MB", "GB", "TB"] {
            if size < 1024 || unit == "TB" {
                let hundredths = Int((size * 100).rounded())
                let rest = hundredths % 100
                return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) \(unit)"
            }
            size /= 1024
        }
        return "0.00 Bytes"
    }

    private mutating func load() {
        let words = (records["loadavg"] ?? "").split(separator: " ").prefix(3).compactMap { Double($0) }
        guard words.count == 3 else { return }
        facts["loadavg"] = .dict(["1m": .double(words[0]), "5m": .double(words[1]), "15m": .double(words[2])])
    }

    private mutating func virtualization() {
        let vendor = (records["dmi_sys_vendor"] ?? "") + " " + (records["dmi_product_name"] ?? "")
        var type = records["virt"] ?? ""
        var role = "guest"
        if type.isEmpty {
            switch vendor {
            case let text
            where text.contains("KVM") || text.contains("QEMU") || text.contains("OpenStack")
                || text.contains("Amazon EC2") || text.contains("Google") || text.contains("DigitalOcean")
                || text.contains("Hetzner"):
                type = "kvm"
            case let text where text.contains("VMware"): type = "VMware"
            case let text where text.contains("VirtualBox") || text.contains("innotek"): type = "virtualbox"
            case let text where text.contains("Microsoft") && text.contains("Virtual"): type = "VirtualPC"
            case let text where text.contains("Xen") || records["hypervisor"] == "xen": type = "xen"
            default:
                if records.flag("kvm_host") {
                    type = "kvm"
                    role = "host"
                } else {
                    type = "NA"
                    role = "NA"
                }
            }
        }
        facts["virtualization_type"] = .string(type)
        facts["virtualization_role"] = .string(role)
    }

    // MARK: - Others

    private mutating func time() {
        let parts = (records["date"] ?? "").split(separator: " ").map(String.init)
        guard parts.count == 11 else { return }
        facts["date_time"] = .dict([
            "year": .string(parts[0]), "month": .string(parts[1]), "day": .string(parts[2]),
            "hour": .string(parts[3]), "minute": .string(parts[4]), "second": .string(parts[5]),
            "epoch": .string(parts[6]), "epoch_int": .string(parts[6]), "tz": .string(parts[7]),
            "tz_offset": .string(parts[8]), "weekday": .string(parts[9]), "weekday_number": .string(parts[10]),
            "date": .string("\(parts[0])-\(parts[1])-\(parts[2])"),
            "time": .string("\(parts[3]):\(parts[4]):\(parts[5])"),
            "iso8601": .string("\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z"),
            "iso8601_basic_short": .string(
                "\(parts[0])\(parts[1])\(parts[2])T\(parts[3])\(parts[4])\(parts[5])"),
        ])
    }

    private mutating func localFacts() {
        let local = LocalFacts(records)
        warnings += local.warnings
        facts["local"] = .dict(local.facts)
    }

    // MARK: - Network

    private mutating func network() {
        let network = NetworkFacts(records)
        for (key, value) in network.facts { facts[key] = value }
        var dns: JinjaDict = [:]
        var servers: [JinjaValue] = []
        for line in lines("resolv") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count > 1 else { continue }
            if parts[0] == "nameserver" {
                servers.append(.string(parts[1]))
            } else {
                dns[parts[0]] = parts[0] == "search" ? .list(parts.dropFirst().map { .string($0) }) : .string(parts[1])
            }
        }
        dns["nameservers"] = .list(servers)
        facts["dns"] = .dict(dns)
    }
}

extension String {
    fileprivate func capitalized(first: Bool) -> String {
        first ? prefix(1).uppercased() + dropFirst() : self
    }
}
