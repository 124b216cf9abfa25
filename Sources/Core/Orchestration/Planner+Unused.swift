import RADL

extension Planner {
    /// What IM's Ansible does something with and nothing here does.
    static func unused(in document: RADLDocument) -> [String] {
        var unused: [String] = []
        if document.contextualize?.options.string("ansible_version") != nil {
            unused.append("option ansible_version changes nothing: recipes are run without Ansible")
        }
        for host in document.ansibleHosts where !host.isReference {
            unused.append("ansible host '\(host.id)' is not used: machines are configured from here")
        }
        for system in document.systems {
            for application in system.applications
            where application.ansibleRole != nil || application.ansibleCollection != nil {
                unused.append(
                    "system '\(system.id)': '\(application.name)' is not fetched: recipes that need it are refused")
            }
        }
        return unused
    }
}
