%% The turnstile itself: locked until the fare is paid, unlocked for one push.
-module(turnstile).
-behaviour(gen_statem).

-export([start_link/0, coin/0, push/0, coins/0, fines/0]).
-export([callback_mode/0, init/1, locked/3, unlocked/3, code_change/4]).

%% paid: coins towards the next passage; coins: all coins ever taken; fines: pushes while locked.
-record(data, {
    paid = 0 :: non_neg_integer(),
    coins = 0 :: non_neg_integer(),
    fines = 0 :: non_neg_integer()
}).

-spec start_link() -> gen_statem:start_ret().
start_link() ->
    gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).

%% Takes a coin; says whether that was enough, or how many are missing.
-spec coin() -> unlocked | {missing, pos_integer()}.
coin() ->
    gen_statem:call(?MODULE, coin).

-spec push() -> passed | locked.
push() ->
    gen_statem:call(?MODULE, push).

-spec coins() -> non_neg_integer().
coins() ->
    gen_statem:call(?MODULE, coins).

%% How often somebody pushed without having paid.
-spec fines() -> non_neg_integer().
fines() ->
    gen_statem:call(?MODULE, fines).

-spec callback_mode() -> gen_statem:callback_mode_result().
callback_mode() ->
    state_functions.

-spec init([]) -> gen_statem:init_result(locked).
init([]) ->
    {ok, locked, #data{}}.

-spec locked({call, gen_statem:from()}, coin | push | coins | fines, #data{}) ->
    gen_statem:event_handler_result(locked | unlocked).
locked({call, From}, coin, Data) ->
    {ok, Fare} = application:get_env(turnstile, fare),
    case taken(Data) of
        #data{paid = Paid} = Taken when Paid < Fare ->
            {keep_state, Taken, {reply, From, {missing, Fare - Paid}}};
        Taken ->
            {next_state, unlocked, Taken#data{paid = 0}, {reply, From, unlocked}}
    end;
locked({call, From}, push, #data{fines = Fines} = Data) ->
    {keep_state, Data#data{fines = Fines + 1}, {reply, From, locked}};
locked({call, From}, coins, Data) ->
    {keep_state_and_data, {reply, From, Data#data.coins}};
locked({call, From}, fines, Data) ->
    {keep_state_and_data, {reply, From, Data#data.fines}}.

-spec unlocked({call, gen_statem:from()}, coin | push | coins | fines, #data{}) ->
    gen_statem:event_handler_result(locked | unlocked).
unlocked({call, From}, coin, Data) ->
    {keep_state, taken(Data), {reply, From, unlocked}};
unlocked({call, From}, push, Data) ->
    {next_state, locked, Data#data{paid = 0}, {reply, From, passed}};
unlocked({call, From}, coins, Data) ->
    {keep_state_and_data, {reply, From, Data#data.coins}};
unlocked({call, From}, fines, Data) ->
    {keep_state_and_data, {reply, From, Data#data.fines}}.

-spec taken(#data{}) -> #data{}.
taken(#data{paid = Paid, coins = Coins} = Data) ->
    Data#data{paid = Paid + 1, coins = Coins + 1}.

%% Version 1 counted no fines. On the way down this code, the newer, makes the older data.
-spec code_change(term() | {down, term()}, locked | unlocked, tuple(), term()) ->
    {ok, locked | unlocked, tuple()}.
code_change({down, _Vsn}, State, #data{paid = Paid, coins = Coins}, _Extra) ->
    {ok, State, {data, Paid, Coins}};
code_change(_Vsn, State, {data, Paid, Coins}, _Extra) ->
    {ok, State, #data{paid = Paid, coins = Coins}}.
