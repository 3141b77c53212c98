/**
 * For a statement about the messages of service $1: nothing leaves a service that is suspended or
 * removed, however late its owner hears of it. The expiry is not asked here: whether the clock is
 * to be believed is decided by the sweep that suspends.
 */
export const OF_ACTIVE_SERVICE = `(SELECT state = 'active' FROM services WHERE id = $1)`;
