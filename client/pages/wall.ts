/**
 * The script of the integrity page.
 *
 * @module
 */
export {};
