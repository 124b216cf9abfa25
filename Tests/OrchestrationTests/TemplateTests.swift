import ContextualizationAPI
import InfrastructureModel
import Operations
import Orchestration
import RADL
import Support
import TOSCA
import Testing

/// Infrastructures that are made of TOSCA templates.
@Suite struct TemplateTests {
    static func template(_ count: Int, extra: String = "", image: String = "dummy://image") -> String {
        """
        tosca_definitions_version: tosca_simple_yaml_1_0
        imports:
          - grycap_custom_types: https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml
        topology_template:
          inputs:
            word: {type: string, default: random(8)}
            size: {type: string, default: 1 GB}
          node_templates:
            front:
              type: tosca.nodes.indigo.Compute
              capabilities:
                endpoint: {properties: {network_name: PUBLIC}}
                host: {properties: {num_cpus: 1, mem_size: {get_input: size}}}
                os: {properties: {type: linux, image: \(image)}}
            wn:
              type: tosca.nodes.indigo.Compute
              capabilities:
                scalable: {properties: {count: \(count)\(extra)}}
                os: {properties: {type: linux, image: \(image)}}
          outputs:
            ip: {value: {get_attribute: [front, public_address, 0]}}
            word: {value: {get_input: word}}
            nodes: {value: {get_attribute: [wn, private_address]}}

        """
    }

    private func request(
        _ fixture: Fixture, _ text: String, name: String? = nil, inputs: [String: TOSCAValue] = [:],
        update: InfrastructureID? = nil
    ) -> DeploymentRequest {
        var request = fixture.request("", name: name)
        request.template = TemplateRequest(text: text, inputs: inputs)
        request.update = update.map { InfrastructureUpdate($0, .add) }
        return request
    }

    private func deploy(_ fixture: Fixture, _ request: DeploymentRequest) async throws -> SubmittedOperation {
        let submitted = try await fixture.manager.deploy(request)
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        return submitted
    }

    private func systems(_ fixture: Fixture, _ id: InfrastructureID) async throws -> [Int: String] {
        let machines = try await fixture.manager.snapshot(id, caller: .local).machines.filter(\.isAlive)
        return Dictionary(uniqueKeysWithValues: machines.map { ($0.id.number, $0.system) })
    }

    @Test func aTemplateBecomesMachinesWithOutputs() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(2))).infrastructure
        #expect(try await systems(fixture, id) == [0: "front", 1: "wn", 2: "wn"])
        let text = try await fixture.manager.template(of: id, caller: .local)
        #expect(text == Self.template(2))
        let outputs = try #require(try await fixture.manager.outputs(of: id, caller: .local))
        #expect(outputs.keys == ["ip", "word", "nodes"])
        #expect(outputs["word"]?.string?.count == 8)
        #expect(outputs["nodes"]?.list?.count == 2)
        let again = try await fixture.manager.outputs(of: id, caller: .local)
        #expect(again?["word"] == outputs["word"], "it is drawn once")
    }

    @Test func aSecondUpKeepsWhatWasDrawn() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1), name: "t")).infrastructure
        let word = try await fixture.manager.outputs(of: id, caller: .local)?["word"]
        #expect(try await deploy(fixture, request(fixture, Self.template(3), name: "t")).infrastructure == id)
        #expect(try await systems(fixture, id).values.count { $0 == "wn" } == 3)
        #expect(try await fixture.manager.outputs(of: id, caller: .local)?["word"] == word)
        _ = try await fixture.deploy(Fixture.document(1), name: "t")
        #expect(try await fixture.manager.outputs(of: id, caller: .local) == nil, "a document took its place")
    }

    @Test func aChangedTemplateAddsAndRemoves() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        let word = try await fixture.manager.outputs(of: id, caller: .local)?["word"]
        let added = try await deploy(fixture, request(fixture, Self.template(3), update: id)).added
        #expect(added.map(\.number) == [2, 3])
        let removal = Self.template(2, extra: ", removal_list: ['2']")
        #expect(try await deploy(fixture, request(fixture, removal, update: id)).added.isEmpty)
        #expect(try await systems(fixture, id) == [0: "front", 1: "wn", 3: "wn"])
        _ = try await deploy(fixture, request(fixture, Self.template(1, extra: ", removal_list: []"), update: id))
        #expect(try await systems(fixture, id) == [0: "front", 3: "wn"], "the oldest, as IM does")
        #expect(try await fixture.manager.outputs(of: id, caller: .local)?["word"] == word)
        let document = try MachineDocument.document(of: try await fixture.manager.snapshot(id, caller: .local))
        #expect(document.systems.map(\.id) == ["front", "wn"])
    }

    @Test func aPartOfATemplateIsLaidOverTheStoredOne() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        let part = """
            topology_template:
              node_templates:
                wn: {capabilities: {scalable: {properties: {count: 2}}}}
            """
        #expect(try await deploy(fixture, request(fixture, part, update: id)).added.count == 1)
    }

    @Test func aFailedUpdateChangesNothing() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        let before = try await fixture.manager.snapshot(id, caller: .local)
        var cloudless = request(fixture, Self.template(2), update: id)
        cloudless.clouds = []
        let refused = cloudless
        await #expect(throws: ManagerError.self) {
            _ = try await fixture.manager.deploy(refused)
        }
        for text in [
            Self.template(2).replacing("Compute", with: "Computer"),
            "- no mapping", "a: [",
        ] {
            await #expect(throws: ManagerError.self) {
                _ = try await fixture.manager.deploy(request(fixture, text, update: id))
            }
        }
        #expect(try await fixture.manager.snapshot(id, caller: .local) == before)
    }

    @Test func aTemplateForAnInfrastructureOfADocument() async throws {
        let fixture = try Fixture()
        let id = try await fixture.deploy(Fixture.document(1)).0.infrastructure
        #expect(try await fixture.manager.template(of: id, caller: .local) == nil)
        let submitted = try await deploy(fixture, request(fixture, Self.template(1), update: id))
        #expect(submitted.added.count == 2)
        #expect(try await systems(fixture, id).values.sorted() == ["front", "node", "wn"])
        #expect(try await fixture.manager.outputs(of: id, caller: .local)?.keys == ["ip", "word", "nodes"])
    }

    @Test func machinesThatCameByADocumentStay() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        var own = fixture.request(
            "network n ()\nsystem own (net_interface.0.connection = 'n' and disk.0.image.url = 'dummy://i')\ndeploy own 1"
        )
        own.update = InfrastructureUpdate(id, .add)
        _ = try await deploy(fixture, own)
        _ = try await deploy(fixture, request(fixture, Self.template(2), update: id))
        #expect(try await systems(fixture, id).values.sorted() == ["front", "own", "wn", "wn"])
        let document = try MachineDocument.document(of: try await fixture.manager.snapshot(id, caller: .local))
        #expect(document.systems.map(\.id).sorted() == ["front", "own", "wn"])
        #expect(document.networks.contains { $0.id == "n" })
    }

    @Test func aRemovalListThatNamesOthersIsRefused() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(2))).infrastructure
        for list in ["['77']", "['0']"] {
            await #expect {
                _ = try await fixture.manager.deploy(
                    request(fixture, Self.template(1, extra: ", removal_list: \(list)"), update: id))
            } throws: {
                ($0 as? ManagerError)?.message.contains("is no machine of 'wn'") == true
            }
        }
        #expect(try await systems(fixture, id).count == 3)
    }

    @Test func aRemovalListThatWasCarriedOutIsForgotten() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(4))).infrastructure
        let removal = Self.template(3, extra: ", removal_list: ['2']")
        _ = try await deploy(fixture, request(fixture, removal, update: id))
        let part = """
            topology_template:
              node_templates:
                wn: {capabilities: {scalable: {properties: {count: 2}}}}
            """
        _ = try await deploy(fixture, request(fixture, part, update: id))
        #expect(try await systems(fixture, id) == [0: "front", 3: "wn", 4: "wn"])
    }

    @Test func aRemovalListOfAnotherNodeIsRefusedAtTheSameCount() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(2))).infrastructure
        for count in [2, 3] {
            await #expect {
                _ = try await fixture.manager.deploy(
                    request(fixture, Self.template(count, extra: ", removal_list: ['0']"), update: id))
            } throws: {
                ($0 as? ManagerError)?.message.contains("'0' of the removal list is no machine of 'wn'") == true
            }
        }
        #expect(try await systems(fixture, id).count == 3)
    }

    @Test func anEmptyTypeOfMachineChoosesNothing() async throws {
        let fixture = try Fixture()
        let text = Self.template(1).replacing("num_cpus: 1,", with: "num_cpus: 1, instance_type: '',")
        let id = try await deploy(fixture, request(fixture, text)).infrastructure
        #expect(try await systems(fixture, id).count == 2)
    }

    @Test func mistakesOfAPartHaveTheirPlacesInIt() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        let part = """
            topology_template:
              node_templates:
                wn: {capabilities: {host: {properties: {nun_cpus: 2}}}}
            """
        await #expect {
            _ = try await fixture.manager.deploy(request(fixture, part, update: id))
        } throws: {
            ($0 as? ManagerError)?.message.contains("document:3:45: error: ") == true
        }
    }

    @Test func aReconfigurationLeavesTheCountsAlone() async throws {
        let fixture = try Fixture()
        let id = try await deploy(fixture, request(fixture, Self.template(1))).infrastructure
        var again = request(fixture, Self.template(4))
        again.update = InfrastructureUpdate(id, .reconfigure(nil))
        _ = try await deploy(fixture, again)
        _ = try await deploy(fixture, request(fixture, "description: another text", update: id))
        #expect(try await systems(fixture, id).count == 2)
    }

    @Test func mistakesAreToldWithTheirPlaces() async throws {
        let fixture = try Fixture()
        await #expect {
            _ = try await fixture.manager.deploy(
                request(fixture, Self.template(1).replacing("num_cpus", with: "nun_cpus")))
        } throws: {
            let error = $0 as? ManagerError
            return error?.code == .invalidDocument && error?.message.contains("num_cpus") == true
                && error?.message.contains("document:13:") == true
        }
        #expect(try await fixture.manager.infrastructures(caller: .local).isEmpty)
    }

    @Test func filesOfTheServerAreNotRead() async throws {
        let fixture = try Fixture()
        let text = Self.template(1).replacing(
            "https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml", with: "/etc/passwd")
        await #expect {
            _ = try await fixture.manager.deploy(request(fixture, text))
        } throws: {
            ($0 as? ManagerError)?.message.contains("is not read here") == true
        }
    }
}
