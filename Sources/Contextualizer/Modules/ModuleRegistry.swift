/// All modules that run natively.
package enum ModuleRegistry {
    /// One entry a module: the only place beside its folder.
    package static let all: [any Module.Type] = [
        CommandModule.self, ShellModule.self, RawModule.self, ScriptModule.self,
        CopyModule.self, TemplateModule.self, FileModule.self, StatModule.self,
        FindModule.self, SlurpModule.self, FetchModule.self, TempfileModule.self,
        LineInFileModule.self, ReplaceModule.self, BlockInFileModule.self, IniFileModule.self,
        GetURLModule.self, URIModule.self, WaitForModule.self, UnarchiveModule.self,
        GitModule.self,
        PackageModule.self, AptModule.self, DnfModule.self, PipModule.self,
        AptKeyModule.self, AptRepositoryModule.self, Deb822RepositoryModule.self, RpmKeyModule.self,
        ServiceModule.self, SystemdModule.self, SysvinitModule.self,
        UserModule.self, GroupModule.self, AuthorizedKeyModule.self, KnownHostsModule.self, GetentModule.self,
        CronModule.self, MountModule.self, SysctlModule.self, IptablesModule.self, YumRepositoryModule.self,
        AssembleModule.self, HostnameModule.self, TimezoneModule.self, ModprobeModule.self, LocaleGenModule.self,
        SELinuxModule.self, AlternativesModule.self,
        PackageFactsModule.self, ServiceFactsModule.self, FilesystemModule.self, PartedModule.self,
        VolumeGroupModule.self, LogicalVolumeModule.self, UfwModule.self,
        FirewalldModule.self,
        DebugModule.self, SetFactModule.self, FailModule.self, AssertModule.self, PingModule.self, PauseModule.self,
        SetupModule.self, RebootModule.self, WaitForConnectionModule.self,
    ]

    private static let byName: [String: any Module.Type] = {
        var table: [String: any Module.Type] = [:]
        for module in all {
            for name in module.documentation.names { table[name] = module }
        }
        return table
    }()

    /// The module of a name, with or without `ansible.builtin.` or `ansible.legacy.` before it.
    package static func module(named name: String) -> (any Module.Type)? {
        for prefix in ["ansible.builtin.", "ansible.legacy."] where name.hasPrefix(prefix) {
            return byName[String(name.dropFirst(prefix.count))]
        }
        return byName[name]
    }

    /// Names of all modules, sorted; those of collections with and without the collection's name.
    package static var names: [String] { byName.keys.sorted() }
}
