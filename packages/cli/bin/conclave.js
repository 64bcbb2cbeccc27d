#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The bundle starts several times faster (scripts/bundle.mjs); it is what is published.
const bundled = new URL('../bundle/main.js', import.meta.url);
await import(existsSync(bundled) ? bundled.href : '../dist/main.js');
