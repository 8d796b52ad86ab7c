/** Whether `npm run test:nightly` runs, which repeats tests in more surroundings and with larger numbers. */
export const isNightly = process.env.NIGHTLY === 'true';
