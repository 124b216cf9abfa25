import ContextualizationAPI
import Modules
import Support

/// Undoes what the step `main` wrote on a machine that stays when its infrastructure goes.
struct LeaveStep: Sendable {
    private static let parallelism = 32

    let factory: any CommunicatorFactory
    /// For one machine.
    let patience: Duration

    /// - Returns: Why it could not be done, by the machine's id.
    /// - Throws: Cancellation only.
    func leave(_ machines: [ContextualizationMachine]) async throws -> [String: String] {
        let problems = LockedValue<[String: String]>([:])
        let written = machines.lazy.filter { !$0.basics.hostsEntries.isEmpty }
        try await forEachConcurrently(written, limit: Self.parallelism) { machine in
            let problem = try await problem(with: machine)
            problems.withLock { $0[machine.id] = problem }
        }
        return problems.withLock { $0 }
    }

    private func problem(with machine: ContextualizationMachine) async throws -> String? {
        do {
            return try await withDeadline(patience, "the removal of the lines in /etc/hosts") {
                let connection = try await factory.connect(to: machine.target, timeout: patience)
                let task = Self.task(for: machine)
                return try await withCleanup {
                    let output = try await connection.communicator.run(
                        ShellProgram(
                            script: task.script, files: task.files, escalation: escalation(machine),
                            timeout: patience))
                    guard case .finish(let result) = task.invocation.decode(output) else { return nil }
                    return result.failed ? result.message ?? "the program failed" : nil
                } cleanup: {
                    await connection.communicator.close()
                }
            }
        } catch {
            try Task.checkCancellation()
            return (error as? CommunicatorError)?.message ?? "\(error)"
        }
    }

    private func escalation(_ machine: ContextualizationMachine) -> Escalation? {
        machine.target.user == "root" ? nil : Escalation(password: machine.escalationPassword)
    }

    /// What is as `main` left it becomes what was there before; else our lines alone go. The owner's token goes where it is
    /// the one that we wrote.
    ///
    /// - Parameter folder: Other than `/etc` in tests.
    static func task(for machine: ContextualizationMachine, folder: String = "/etc") -> BuiltInTask {
        var files = ["hosts": Array((machine.basics.hostsEntries.joined(separator: "\n") + "\n").utf8)]
        if let token = machine.basics.token { files["environment"] = MainStep.line(of: token) }
        return BuiltInTask(
            path: "leave.0", name: "Take the lines of the infrastructure out of /etc/hosts", module: "hosts",
            script: BuiltInShell.prologue + """
                f=\(folder)/environment;l=$GANTRY_FILES/environment;w=\(folder)/.environment.gantry.$$
                if [ -e "$l" ]&&grep -qxF -f "$l" $f 2>/dev/null;then
                grep -vxF -f "$l" $f >$w;put $w $f $(stat -c %a $f 2>/dev/null||echo 644);rm -f $w;fi
                f=\(folder)/hosts;l=$GANTRY_FILES/hosts;w=\(folder)/.hosts.gantry.$$
                [ -e $f.orig ]&&grep -qxF -f "$l" $f 2>/dev/null||fin
                { cat $f.orig;[ -z "$(tail -c 1 $f.orig)" ]||echo;cat "$l"; } >$w||die "could not write $w"
                if cmp -s $w $f;then cat $f.orig >$w;else
                r=$w.lines;if [ -s $f.orig ];then grep -vxF -f $f.orig "$l" >$r;else cat "$l" >$r;fi
                if [ -s $r ];then grep -vxF -f $r $f >$w;else cat $f >$w;fi;rm -f $r;fi
                cmp -s $w $f||put $w $f $(stat -c %a $f 2>/dev/null||echo 644)
                rm -f $w $f.orig;fin

                """, files: files)
    }
}
