/** The few words of IndexedDB that are needed, as promises. */

const VERSION = 1;

export function openDatabase(name: string, stores: readonly string[]): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.addEventListener('upgradeneeded', () => {
      for (const store of stores) request.result.createObjectStore(store, { keyPath: 'id' });
    });
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser keeps nothing')));
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser did not keep it')));
  });
}

export async function put(database: IDBDatabase, store: string, value: { id: string }): Promise<void> {
  await done(database.transaction(store, 'readwrite', { durability: 'strict' }).objectStore(store).put(value));
}

export async function remove(database: IDBDatabase, store: string, id: string): Promise<void> {
  await done(database.transaction(store, 'readwrite').objectStore(store).delete(id));
}

export function all<T>(database: IDBDatabase, store: string): Promise<T[]> {
  return done(database.transaction(store, 'readonly').objectStore(store).getAll()) as Promise<T[]>;
}
