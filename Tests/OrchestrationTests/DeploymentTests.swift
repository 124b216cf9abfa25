import ConnectorAPI
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence
import Support
import Testing

@Suite struct DeploymentTests {
    @Test func createThenDestroy() async throws {
        let fixture = try Fixture()
        let (submitted, operation) = try await fixture.deploy(Fixture.document(3))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(snapshot.state == .configured)
        #expect(snapshot.machines.map(\.id.number) == [0, 1, 2])
        #expect(try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }.count == 3)

        let destroyed = try await fixture.destroy(submitted.infrastructure)
        #expect(destroyed?.status == .succeeded, "\(destroyed?.error ?? "")")
        #expect(try await fixture.cloudMachines(submitted.infrastructure).isEmpty)
        #expect(try await fixture.destroy(submitted.infrastructure) == nil, "a second destroy has nothing to do")
    }

    @Test func secondUpOfTheSameNameChangesNothing() async throws {
        let fixture = try Fixture()
        let (first, _) = try await fixture.deploy(Fixture.document(2), name: "web")
        let (second, operation) = try await fixture.deploy(Fixture.document(2), name: "web")
        #expect(first.infrastructure == second.infrastructure)
        #expect(second.kind == .converge)
        #expect(operation.status == .succeeded)
        let snapshot = try await fixture.manager.snapshot(first.infrastructure, caller: .local)
        #expect(snapshot.machines.count == 2)
        #expect(try await fixture.cloudMachines(first.infrastructure).filter { $0.kind == .machine }.count == 2)
    }

    @Test func convergeAddsRemovesAndReplaces() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "c")
        let id = submitted.infrastructure
        func living() async throws -> [Int] {
            try await fixture.manager.snapshot(id, caller: .local).machines.filter(\.isAlive).map(\.id.number)
        }
        _ = try await fixture.deploy(Fixture.document(4), name: "c")
        #expect(try await living() == [0, 1, 2, 3])
        _ = try await fixture.deploy(Fixture.document(1), name: "c")
        #expect(try await living() == [0])
        let larger = Fixture.document(1).replacing("cpu.count >= 1", with: "cpu.count >= 2")
        let plan = try await fixture.manager.plan(fixture.request(larger, name: "c"))
        #expect(plan.removed.first?.reason == "changed: cpu.count")
        _ = try await fixture.deploy(larger, name: "c")
        #expect(try await living() == [4])
        #expect(try await fixture.cloudMachines(id).filter { $0.kind == .machine }.count == 1)
    }

    @Test func aPlanTellsOfPorts() async throws {
        let fixture = try Fixture()
        _ = try await fixture.deploy(Fixture.document(1), name: "p")
        #expect(try await fixture.manager.plan(fixture.request(Fixture.document(1), name: "p")).networks.isEmpty)
        let other = Fixture.document(1).replacing("'80,443'", with: "'443,8000:8010/udp'")
        let plan = try await fixture.manager.plan(fixture.request(other, name: "p"))
        #expect(plan.networks == ["network public opens 8000-8010/udp, closes 80/tcp"])
        #expect(plan.added.isEmpty && plan.removed.isEmpty)
    }

    @Test func noMoreIsRemovedThanWasAgreedTo() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(3), name: "a")
        var request = fixture.request(Fixture.document(1), name: "a")
        let planned = try await fixture.manager.plan(request).removed.map(\.machine.id)
        #expect(planned.map(\.number) == [1, 2])
        request.agreedRemovals = [planned[0]]
        await #expect {
            _ = try await fixture.manager.deploy(request)
        } throws: { error in
            (error as? ManagerError)?.message.contains("machine 2 (node)") == true
        }
        #expect(try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }.count == 3)
        request.agreedRemovals = Set(planned)
        _ = try await fixture.manager.follow(fixture.manager.deploy(request))
        #expect(
            try await fixture.manager.snapshot(submitted.infrastructure, caller: .local).machines.filter(\.isAlive)
                .count
                == 1)
    }

    @Test func aMachineThatVanishedIsReplacedByTheNextUp() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "v")
        let before = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        let provider = try #require(before.machines[0].providerID)
        let session = try await fixture.dummy.openSession(.init(credentials: .init([:])), context: .init()).session
        _ = try await fixture.dummy.terminate(.init(session: session, ids: [provider]), context: .init())
        let (_, operation) = try await fixture.deploy(Fixture.document(2), name: "v")
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let after = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(after.machines.filter(\.isAlive).map(\.id.number) == [1, 2])
    }

    @Test func contextualizationIsGivenTheMachinesInIMsNames() async throws {
        let fixture = try Fixture()
        let recipe = """
            configure node (
            @begin
            - tasks:
              - debug: msg=hi
            @end
            )
            """
        let (submitted, operation) = try await fixture.deploy(Fixture.document(1, contextualize: recipe))
        #expect(operation.status == .succeeded, "\(operation.error ?? "")")
        let request = try #require(await fixture.contextualizer.requests.first)
        #expect(request.steps.map(\.name) == ["basic", "main_node", "node_node"])
        #expect(request.variables["IM_NODE_NUM_VMS"] == .integer(1))
        let machine = try #require(request.machines.first)
        #expect(machine.groups.contains("node"))
        #expect(machine.variables["IM_NODE_NUM"] == .integer(0))
        #expect(machine.variables["IM_NODE_FQDN"] == .string("vnode-0.localdomain"))
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(
            snapshot.machines[0].hostKeys == ["ssh-ed25519 KEY\(snapshot.machines[0].id)"], "pinned at first contact")
    }

    @Test func aFailedContextualizationLeavesTheMachineUnconfigured() async throws {
        let contextualizer = ScriptedContextualizer { machine in
            machine.id.hasSuffix(".1") ? .failed(step: "web", message: "task 'x' failed") : .configured
        }
        let fixture = try Fixture(contextualizer: contextualizer)
        let document = Fixture.document(2, contextualize: "configure node (\n@begin\n- tasks: []\n@end\n)")
        let (submitted, operation) = try await fixture.deploy(document)
        #expect(operation.status == .failed)
        #expect(operation.error?.contains("machine 1 (node) is unconfigured: web: task 'x' failed") == true)
        let snapshot = try await fixture.manager.snapshot(submitted.infrastructure, caller: .local)
        #expect(snapshot.state == .unconfigured)
    }

    @Test("destroy interrupts what is under way", arguments: [0, 5, 20, 60])
    func destroyInterrupts(afterMs: Int) async throws {
        let fixture = try Fixture()
        let slow = [
            CloudCredential(
                id: "dummy", type: "Dummy", values: Secret(["type": "Dummy", "bootMs": "60000"]))
        ]
        let submitted = try await fixture.manager.deploy(
            fixture.request(Fixture.document(3), clouds: slow))
        async let create = fixture.manager.follow(submitted)
        try await Task.sleep(for: .milliseconds(afterMs))
        let destroyed = try await fixture.destroy(submitted.infrastructure)
        #expect(destroyed?.status == .succeeded, "\(destroyed?.error ?? "")")
        #expect(try await create.status == .cancelled)
        #expect(try await fixture.cloudMachines(submitted.infrastructure).isEmpty)
    }

    @Test func aCancelledWorkerLeavesAnOperationThatAnotherGoesOnWith() async throws {
        let fixture = try Fixture()
        let submitted = try await fixture.manager.deploy(fixture.request(Fixture.document(3)))
        let first = Task { try await fixture.manager.follow(submitted) }
        try await Task.sleep(for: .milliseconds(3))
        first.cancel()
        _ = await first.result
        let operation = try await fixture.manager.follow(submitted)
        #expect(operation.status == .succeeded)
        #expect(try await fixture.cloudMachines(submitted.infrastructure).filter { $0.kind == .machine }.count == 3)
    }
}

@Suite struct RefusalTests {
    private func message(_ document: String, clouds: [CloudCredential] = Fixture.clouds) async throws -> ManagerError {
        let fixture = try Fixture()
        do {
            _ = try await fixture.manager.deploy(fixture.request(document, clouds: clouds))
        } catch let error as ManagerError {
            #expect(try await fixture.store.infrastructures(includingDestroyed: true).isEmpty, "nothing is stored")
            return error
        }
        Issue.record("was accepted")
        return ManagerError(code: .unavailable, message: "")
    }

    @Test func wrongDocument() async throws {
        let error = try await message("system a (\n  cpu.count => 1\n)\ndeploy a 1")
        #expect(error.code == .invalidDocument)
        #expect(error.message.contains(":2:"), "\(error.message)")
    }

    /// Few bytes must not take all memory.
    @Test(arguments: [20_001, 5_000_000, Int.max])
    func tooManyMachines(count: Int) async throws {
        let error = try await message(Fixture.document(count))
        #expect(error.code == .invalidDocument)
        #expect(error.message.contains("asks for \(count) machines"), "\(error.message)")
        let twice = try await message(Fixture.document(Int.max) + "\ndeploy node 1")
        #expect(twice.code == .invalidDocument)
    }

    @Test func noCloud() async throws {
        let error = try await message(Fixture.document(1), clouds: [])
        #expect(error.code == .noCloud)
        #expect(error.message.contains("-a"))
    }

    @Test func unknownCloudId() async throws {
        let error = try await message(Fixture.document(1).replacing("deploy node 1", with: "deploy node 1 nope"))
        #expect(error.message == "No auth data for cloud with ID: nope; known are dummy")
    }

    @Test func unknownType() async throws {
        let error = try await message(
            Fixture.document(1), clouds: [CloudCredential(id: "x", type: "Azure", values: Secret([:]))])
        #expect(error.message.contains("no connector serves type 'Azure'"))
    }

    @Test func noFlavor() async throws {
        let error = try await message(Fixture.document(1).replacing("cpu.count >= 1", with: "cpu.count >= 4000"))
        #expect(error.message.contains("no flavor satisfies"))
    }

    @Test func unknownModule() async throws {
        let error = try await message(
            Fixture.document(
                1, contextualize: "configure node (\n@begin\n- tasks:\n  - nonsense_module: a=1\n@end\n)"))
        #expect(error.code == .invalidDocument)
        #expect(error.message.contains("nonsense_module"))
    }

    @Test func othersDoNotSeeIt() async throws {
        let fixture = try Fixture()
        let owner = Caller.user("ada", .password("one"))
        var request = fixture.request(Fixture.document(1))
        request.caller = owner
        let submitted = try await fixture.manager.deploy(request)
        #expect(try await fixture.manager.infrastructures(caller: owner).count == 1)
        let stranger = Caller.user("ada", .password("two"))
        #expect(try await fixture.manager.infrastructures(caller: stranger).isEmpty)
        await #expect { try await fixture.manager.snapshot(submitted.infrastructure, caller: stranger) } throws: {
            ($0 as? ManagerError)?.code == .accessDenied
        }
        let id = submitted.infrastructure
        let manager = fixture.manager
        let calls: [@Sendable (Caller) async throws -> Void] = [
            { _ = try await manager.destroy(id, caller: $0) },
            { _ = try await manager.events(of: id, caller: $0) },
            { _ = try await manager.lastEvent(of: id, caller: $0) },
            { _ = try await manager.unfinishedOperations(of: id, caller: $0) },
            { _ = try await manager.access(of: id, caller: $0) },
        ]
        for call in calls {
            await #expect { try await call(stranger) } throws: { ($0 as? ManagerError)?.code == .accessDenied }
        }
        _ = try await manager.follow(submitted)
        for call in calls.reversed() { try await call(owner) }
    }

    @Test("How its provider runs a machine is on record and told, once")
    func remarks() async throws {
        let connector = WrappedConnector(without: [.flavors], remark: "emulated: a start by KVM failed (no)")
        let fixture = try Fixture(dummy: connector)
        let (submitted, _) = try await fixture.deploy(Fixture.document(2), name: "a")
        let id = submitted.infrastructure
        let plan = try await fixture.manager.plan(fixture.request(Fixture.document(3), name: "a"))
        #expect(plan.added.map(\.placement.remark) == ["made to measure"])
        let machines = try await fixture.manager.summary(of: id, caller: .local).machines
        #expect(machines.map(\.remark) == Array(repeating: "emulated: a start by KVM failed (no)", count: 2))
        let told = try await fixture.manager.events(of: id, caller: .local).map(\.text)
        #expect(told.filter { $0 == "node: emulated: a start by KVM failed (no)" }.count == 2, "\(told)")
    }

    @Test("What the step main left undone is on record until it is done, and is no failure")
    func undone() async throws {
        func end(_ step: String, _ path: String, _ status: TaskRecord.Status) -> ContextualizationEvent.Body {
            let task = TaskReference(step: step, path: path, name: "Make the disk \(path.last ?? "?")", module: "disk")
            return .taskFinished(
                TaskRecord(task: task, status: status, seconds: 0, summary: "no", result: "{}", effects: nil))
        }
        let contextualizer = ScriptedContextualizer()
        let fixture = try Fixture(contextualizer: contextualizer)
        await contextualizer.tell([
            end("main_node", "main.1", .ignored), end("main_node", "main.2", .ignored), end("main_node", "main.3", .ok),
            // Done again after an interruption.
            end("main_node", "main.2", .changed),
            // Of a recipe: who wrote it wants it ignored.
            end("web_node", "0.tasks.4", .ignored),
        ])
        let document = Fixture.document(1, contextualize: "")
        let (submitted, operation) = try await fixture.deploy(document, name: "a")
        #expect(operation.status == .succeeded)
        var summary = try await fixture.manager.summary(of: submitted.infrastructure, caller: .local)
        #expect(summary.state == "configured")
        #expect(summary.machines[0].warnings == ["Make the disk 1: no"])
        await contextualizer.tell([end("main_node", "main.1", .changed)])
        _ = try await fixture.deploy(document, name: "a")
        summary = try await fixture.manager.summary(of: submitted.infrastructure, caller: .local)
        #expect(summary.machines[0].warnings == nil)
    }

    @Test("Events say what is created and what is removed")
    func resourceEvents() async throws {
        let fixture = try Fixture()
        let (submitted, _) = try await fixture.deploy(Fixture.document(1), name: "a")
        let id = submitted.infrastructure
        _ = try await fixture.destroy(id)
        let told = try await fixture.manager.events(of: id, caller: .local).map(\.text)
        for word in ["created", "removed"] {
            #expect(told.contains("security group gantry-\(id) at dummy is \(word)"), "\(told)")
        }
    }
}
