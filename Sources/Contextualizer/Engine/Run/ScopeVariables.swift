import ContextualizationAPI
import Jinja

/// Variables that the engine gives to all templates.
enum ScopeVariables {
    /// Fixed values of a run.
    static func magic(settings: RunContext.Settings, folder: String?) -> JinjaDict {
        [
            "ansible_check_mode": .bool(settings.isCheckMode),
            "ansible_diff_mode": .bool(settings.wantsDifference),
            "ansible_version": [
                "full": "2.16.19", "major": 2, "minor": 16, "revision": 19, "string": "2.16.19",
            ],
            "ansible_verbosity": 0,
            "ansible_run_tags": ["all"],
            "ansible_skip_tags": [],
            "ansible_forks": 64,
            "playbook_dir": .string(folder ?? "/etc/ansible"),
        ]
    }
}
