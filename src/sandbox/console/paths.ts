/** Where the console's forms and its script are. */
export const faultsPath = '/sandbox/faults';
export const nextUserPath = '/sandbox/next-user';
export const clearPath = '/sandbox/clear';
export const consoleScriptPath = '/sandbox/console.js';
