import Jinja

/// Small expressions as conditions and arguments of recipes have them, and a template of 1,000 lines.
enum JinjaBench {
    private static let expressions = [
        "ansible_os_family == 'Debian'", "port | int + 1", "users | map(attribute='name') | join(',')",
        "name is defined and name | length > 2", "'x' in groups.web", "settings.limits.open | default(1024)",
        "(color == 'red') | ternary('yes', 'no')", "name ~ '-' ~ port",
    ]
    private static let block = """
        # {{ name }} {{ loop_number | default(0) }}
        {% for user in users %}
        user {{ user.name }} uid={{ user.uid }}{% if user.admin %} admin{% endif %}

        {% endfor %}
        listen {{ port }};
        {% if settings.limits.open > 100 %}
        limit {{ settings.limits.open }};
        {% else %}
        limit 100;
        {% endif %}

        """

    static func run() throws -> [String: Double] {
        let scope: JinjaDict = [
            "ansible_os_family": "Debian", "port": "8080", "name": "web", "color": "blue",
            "groups": ["web": ["x", "y"]],
            "settings": ["limits": ["open": 4096]],
            "users": [
                ["name": "alice", "uid": 1, "admin": true], ["name": "bob", "uid": 2, "admin": false],
                ["name": "carol", "uid": 3, "admin": false],
            ],
        ]
        let environment = JinjaEnvironment()
        let small = try Measure.medianCPU(20) {
            for _ in 0..<1250 {
                for expression in expressions { _ = try environment.evaluate(expression: expression, scope: scope) }
            }
        }
        let lines = block.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        let text = String(repeating: block, count: 1000 / lines + 1)
        let first = try Measure.medianCPU(20) {
            // A new environment has parsed nothing yet.
            _ = try JinjaEnvironment().renderFile(text, scope: scope)
        }
        _ = try environment.renderFile(text, scope: scope)
        let again = try Measure.medianCPU(20) { _ = try environment.renderFile(text, scope: scope) }
        return [
            "expressions": 10_000 / (small / 1000), "first": first, "again": again,
            "lines": Double(text.split(separator: "\n", omittingEmptySubsequences: false).count - 1),
        ]
    }
}
