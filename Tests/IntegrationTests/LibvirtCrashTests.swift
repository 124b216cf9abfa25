import Foundation
import Testing

/// `kill -9` of `gantry`, with the connector in it, at each step of making and removing a machine: nothing stays.
@Suite("libvirt and crashes", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(10)))
struct LibvirtCrashTests {
    /// Without the copy of the image, which the next machine takes.
    private func inventory() async throws -> [String] {
        try await LibvirtTestBed.inventory().filter { !$0.contains("base-") }
    }

    @Test("Killed at each step, the next command removes all that was made, or goes on to the end")
    func everyStep() async throws {
        let before = try await inventory()
        let running = try await LibvirtTestBed.virsh("list", "--name").lines.count
        let scenario = try LibvirtScenario()
        let plan = try await scenario.plan()
        #expect(plan.output.contains("emulated: ") || plan.output.contains("KVM"), "\(plan.output)\(plan.errors)")
        let made = try await scenario.up(log: scenario.scratch.path("create"))
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        #expect(made.output.contains("is launched at here, "), "\(made.output)")
        let gone = try await scenario.destroy(log: scenario.scratch.path("destroy"))
        #expect(gone.status == 0, "\(gone.output)\(gone.errors)")
        #expect(try await inventory() == before)
        let creating = try scenario.visited("create")
        #expect(
            creating == [
                "libvirt.network", "libvirt.filter", "libvirt.image", "libvirt.defined", "libvirt.seeded",
                "libvirt.volumes", "libvirt.addresses", "libvirt.started", "libvirt.launched",
            ])
        let removing = try scenario.visited("destroy")
        #expect(removing == ["libvirt.destroyed", "libvirt.emptied", "libvirt.unbased"])
        for point in creating {
            #expect(try await scenario.up(failpoints: "\(point)=kill").status == -9, "\(point)")
            let ended = try await scenario.destroy()
            #expect(ended.status == 0, "after \(point): \(ended.output)\(ended.errors)")
            #expect(try await inventory() == before, "after \(point)")
        }
        // Gone on with; and killed while it is removed.
        for (number, point) in removing.enumerated() {
            let first = creating[creating.count - 1 - number]
            #expect(try await scenario.up(failpoints: "\(first)=kill").status == -9, "\(first)")
            let again = try await scenario.up()
            #expect(again.status == 0, "after \(first): \(again.output)\(again.errors)")
            #expect(try await LibvirtTestBed.virsh("list", "--name").lines.count == running + 1)
            #expect(try await scenario.destroy(failpoints: "\(point)=kill").status == -9, "\(point)")
            let ended = try await scenario.destroy()
            #expect(ended.status == 0, "after \(point): \(ended.output)\(ended.errors)")
            #expect(try await inventory() == before, "after \(point)")
        }
        // A copy that a killed process has left goes when it is old.
        #expect(try await scenario.up(failpoints: "libvirt.image=kill").status == -9)
        let copies = try await LibvirtTestBed.inventory().filter { $0.contains("base-") }
        #expect(!copies.isEmpty)
        try await LibvirtTestBed.age("base-")
        let other = try LibvirtScenario()
        #expect(try await other.up(failpoints: "libvirt.volumes=kill").status == -9)
        for one in [scenario, other] { #expect(try await one.destroy().status == 0) }
        #expect(try await inventory() == before)
        #expect(Set(try await LibvirtTestBed.inventory()).isDisjoint(with: copies))
    }
}
