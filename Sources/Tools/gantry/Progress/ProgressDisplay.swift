import ContextualizationAPI
import Foundation
import InfrastructureModel

/// Shows progress: on a terminal a line a machine, redrawn in place; else a line an event.
struct ProgressDisplay {
    /// How it is shown.
    enum Style: Sendable {
        case live, plain, quiet
    }

    private let style: Style
    private var model = ProgressModel()
    private var drawn = 0
    private var messages = Terminal.messageCount
    private let started = Date()

    init(style: Style) {
        self.style = style
    }

    mutating func show(_ events: [InfrastructureEvent]) {
        for event in events {
            model.apply(event)
            if style == .plain { Terminal.line(Self.plainLine(event)) }
        }
        if style == .live { redraw() }
    }

    /// The last picture stays on the screen.
    mutating func finish() {
        if style == .live { redraw() }
    }

    static func plainLine(_ event: InfrastructureEvent) -> String {
        let time = event.time.formatted(.iso8601.time(includingFractionalSeconds: false))
        let machine = event.machine.map { "machine \($0.number): " } ?? ""
        return "\(time) \(machine)\(Terminal.harmless(event.text))"
    }

    private mutating func redraw() {
        let size = Terminal.size
        let lines = Self.frame(model, now: Date(), columns: size.columns, rows: size.rows - 2, started: started)
        if messages != Terminal.messageCount {
            messages = Terminal.messageCount
            drawn = 0
        }
        var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        for line in lines { text += "\u{1B}[2K\(line)\n" }
        for _ in lines.count..<max(lines.count, drawn) { text += "\u{1B}[2K\n" }
        if drawn > lines.count { text += "\u{1B}[\(drawn - lines.count)A" }
        drawn = lines.count
        Terminal.write(text)
    }

    /// One picture: at most `rows` lines of at most `columns` characters, the machines that need attention first.
    static func frame(_ model: ProgressModel, now: Date, columns: Int, rows: Int, started: Date) -> [String] {
        let machines = model.ordered
        let done = machines.filter(\.isOver).count
        let failed = machines.filter(\.hasFailed).count
        var head = "\(Terminal.count(machines.count, "machine")), \(done) done"
        if failed > 0 { head += ", \(failed) failed" }
        head += "  \(elapsed(now.timeIntervalSince(started)))"
        let room = max(1, rows - 1)
        var shown = machines
        if machines.count > room {
            let rank = { (machine: ProgressModel.Machine) in machine.hasFailed ? 0 : machine.isOver ? 2 : 1 }
            shown = Array(machines.sorted { (rank($0), $0.number) < (rank($1), $1.number) }.prefix(room - 1))
                .sorted { $0.number < $1.number }
        }
        let width = max(6, shown.map { $0.system.count }.max() ?? 0)
        var lines = [fit(head, columns)]
        for machine in shown {
            let mark =
                machine.hasFailed
                ? Terminal.paint("✗", "31") : machine.isOver ? Terminal.paint("✓", "32") : Terminal.paint("·", "36")
            let left = "\(pad(String(machine.number), 4)) \(pad(machine.system, width)) \(pad(machine.state, 12))"
            let time = machine.isOver ? "" : elapsed(now.timeIntervalSince(machine.since))
            let middle = machine.task ?? machine.address ?? ""
            let space = columns - left.count - 4 - time.count
            let task = fit(middle, max(0, space))
            lines.append("\(mark)\(left) \(pad(task, max(0, space))) \(time)")
        }
        if shown.count < machines.count { lines.append(fit("  … and \(machines.count - shown.count) more", columns)) }
        return lines
    }

    private static func fit(_ text: String, _ width: Int) -> String {
        let line = Terminal.harmless(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
        return line.count <= width ? line : width <= 1 ? "" : String(line.prefix(width - 1)) + "…"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }

    static func elapsed(_ seconds: Double) -> String {
        let whole = max(0, Int(seconds))
        return whole < 60
            ? "\(whole)s" : whole < 3600 ? "\(whole / 60)m\(whole % 60)s" : "\(whole / 3600)h\(whole / 60 % 60)m"
    }
}
