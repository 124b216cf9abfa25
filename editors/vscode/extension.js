// Starts `gantry radl lsp` for RADL documents.
const { workspace, window } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate(context) {
  const command = workspace.getConfiguration("radl").get("gantry") || "gantry";
  client = new LanguageClient(
    "radl",
    "RADL",
    { command, args: ["radl", "lsp"] },
    { documentSelector: [{ language: "radl" }] }
  );
  context.subscriptions.push(client);
  try {
    await client.start();
  } catch (error) {
    window.showWarningMessage(
      `RADL: '${command}' does not start: ${error.message}. Highlighting works without it; ` +
        "set 'radl.gantry' to the path of the program for the rest."
    );
  }
}

function deactivate() {
  return client && client.isRunning() ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
