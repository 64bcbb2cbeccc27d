/** Files that any web server can serve; nothing here is about the SDK. */
export default { output: 'export' };
