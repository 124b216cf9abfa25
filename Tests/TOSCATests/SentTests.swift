import Foundation
import RADL
import TOSCA
import Testing

/// Whole templates as orchestrators and dashboards send them, with what they become in the folder `Corpus/Sent`.
///
/// `GANTRY_WRITE_DOCS=1` writes what they become; the difference is to be read.
@Suite struct SentTests {
    static let names = [
        "containers", "deep-training", "docker", "hybrid", "jupyter", "kubernetes", "networks", "oscar", "slurm",
        "wordpress",
    ]

    private static func options() -> TOSCAOptions {
        var options = TOSCAOptions()
        options.salt = "salt"
        options.accessToken = "token"
        return options
    }

    /// Draws the same for each.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64 = 1

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private func translated(_ name: String) async throws -> TOSCATranslation {
        let text = try Corpus.text("Sent/\(name).yaml")
        let template = try await TOSCATemplate(text: text, name: name, resolver: .stub)
        var generator = Generator()
        return try await TOSCATranslator.translate(
            template, inputs: [:], options: Self.options(), resolver: .stub, using: &generator)
    }

    @Test(arguments: names)
    func becomesWhatIsMeant(_ name: String) async throws {
        let translation = try await translated(name)
        #expect(translation.document.check().isEmpty)
        let text = translation.document.text()
        let file = Corpus.folder.appending(path: "Sent/\(name).radl")
        guard ProcessInfo.processInfo.environment["GANTRY_WRITE_DOCS"] == nil else {
            return try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
    }

    /// What their authors are told: drivers that nobody installs, an agreement that says nothing about a cloud.
    @Test(arguments: names)
    func warningsAreFew(_ name: String) async throws {
        let warnings = try await translated(name).warnings.map(\.message)
        let expected: [String: [String]] = [
            "deep-training": [
                "'gpu_driver' has no effect: nothing installs or asks for it",
                "the policy 'deploy_on_ifca' has no effect",
            ]
        ]
        #expect(warnings == expected[name] ?? [])
    }

    @Test func outputsBeforeDeploymentAreNullOrKnown() async throws {
        for name in Self.names {
            let translation = try await translated(name)
            let outputs = translation.outputs(given: TOSCADeployment(machines: []))
            #expect(outputs.keys == translation.template.outputs.map(\.name))
            for entry in outputs.entries {
                let isKnown = ["password", "token"].contains(entry.key)
                #expect(entry.value.isNull || entry.value.list?.isEmpty == true || isKnown, "\(name): \(entry.key)")
            }
        }
    }

    @Test func removalListsNameMachines() async throws {
        let translation = try await translated("slurm")
        #expect(translation.counts == ["lrms_server": 1, "lrms_wn": 3])
        #expect(translation.removalLists == ["lrms_wn": ["4", "2"]])
    }
}
