import ArgumentParser
import CProcess

/// The command line: a thin reader and writer around the infrastructure manager.
@main
struct Gantry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "Turns a description of an infrastructure into configured machines.",
        discussion: """
            EXAMPLES:
              gantry up cluster.radl       deploy, or bring up to date
              gantry plan cluster.radl     what `up` would do
              gantry show cluster          machines, addresses, states
              gantry ssh cluster 0         log in to machine 0
              gantry stop cluster          stop the machines; `start` starts them
              gantry destroy cluster       remove everything

            Clouds are named in an authorization file (-a FILE, GANTRY_AUTH_FILE, ~/.config/gantry/auth); machines \
            that already run need none. State lies in --state-dir (GANTRY_STATE_DIR, $XDG_STATE_HOME/gantry, \
            ~/.local/state/gantry).

            With --server URL (GANTRY_SERVER) infrastructures are those of a gantryd, or of an IM as far as it goes; \
            the authorization file then has a line 'type = InfrastructureManager; username = NAME; password = \
            PASSWORD', too.

            EXIT STATUS:
              0    done
              1    it failed
              2    the document or playbook is refused, or no cloud can run it
              3    not found, not yours, or not let in
              4    another operation is under way, or took over
              5    cloud, store or server cannot be used, or --timeout is over
              64   wrong usage, or a file that cannot be read or is no UTF-8
              130  interrupted; the same command goes on
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, PlanCommand.self, ListCommand.self, ShowCommand.self, LogCommand.self, SSHCommand.self,
            ConsoleCommand.self,
            StartCommand.self, StopCommand.self, RebootCommand.self, AddCommand.self, RemoveCommand.self,
            AlterCommand.self, ReconfigureCommand.self, DestroyCommand.self, InventoryCommand.self,
            SSHConfigCommand.self, OutputsCommand.self, SnapshotCommand.self, ShareCommand.self, ExportCommand.self,
            ImportCommand.self, ImportDatabaseCommand.self, ImagesCommand.self, ImageCommand.self, QuotaCommand.self,
            StatsCommand.self, RADLCommand.self, TOSCACommand.self, RecipeCommand.self, ConnectorCommand.self,
        ])

    /// Passwords and keys are in memory from the first file that is read.
    static func main() async {
        _ = gantry_process_keep_private()
        gantry_process_keep_one_heap()
        await main(nil)
    }
}
