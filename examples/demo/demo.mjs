// `npm run demo` shows a conversation, `npm run demo -- ladder` groups of up to 3,000 members.
const [which] = process.argv.slice(2);
await import(which === 'ladder' ? './ladder.mjs' : './garden.mjs');
