// Prints the section of a version from CHANGELOG.md, for the notes of its release. Fails if the version in package.json
// is another one, or if the section is missing, empty or still unreleased.
import { readFileSync } from 'node:fs';

const [version] = process.argv.slice(2);
const { version: packaged } = JSON.parse(readFileSync('package.json', 'utf8'));
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m).slice(1);
const section = sections.find((text) => text.split(/\s/, 1)[0]?.replace(/[[\]]/g, '') === version);
const [heading = '', ...lines] = (section ?? '').split('\n');
const notes = lines.join('\n').trim();

function fail(why) {
  console.error(`changelog-section: ${why}`);
  process.exit(1);
}

if (version !== packaged) fail(`the tag says ${version}, package.json says ${packaged}`);
if (!section) fail(`CHANGELOG.md has no section "## ${version}"`);
if (/unreleased/i.test(heading)) fail(`replace "Unreleased" by the date in "## ${heading}"`);
if (notes === '') fail(`the section "## ${version}" of CHANGELOG.md is empty`);
console.log(notes);
