#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Bundled for people, who start it often; as it is for nodes, whose threads have files of their own (scripts/bundle.mjs).
const bundled = new URL('../bundle/main.js', import.meta.url);
const isForNodes = process.argv[2] === 'node';
await import(isForNodes || !existsSync(bundled) ? '../dist/main.js' : bundled.href);
