%% A hot load in plain words, for who reads no JSON: hot-deploy.sh. Each answer is one line of ASCII without quotes.
%%
%% Its bundle says what the releases are, and the words what is wanted now. The work is done by the functions that hot-deploy
%% itself asks; here their answers become verdicts.
-module(hot_deploy_plain).
-export([words/1, ask/1, state/2]).

-define(FEW, 5).

-type bundle() :: #{
    from := string(),
    to := string(),
    %% What runs before, module by module, and what has to run afterwards. As text: an atom that is made once stays for ever.
    old := [{binary(), binary() | null}],
    new := [{binary(), binary() | null}],
    applications := [{binary(), binary()}],
    updates := [string()],
    loads := [string()],
    removed := [string()],
    added := [string()],
    directories := [string()],
    words := words(),
    %% For `install`: the configuration of what runs, and that of what is to run.
    was => hot_deploy_config:resolved(),
    config => hot_deploy_config:resolved()
}.
-type words() :: #{binary() => binary()}.

%% Lines of a key and a value, in base64.
-spec words(binary()) -> words().
words(Encoded) ->
    Lines = binary:split(base64:decode(Encoded), <<"\n">>, [global, trim_all]),
    maps:from_list([{Key, Value} || Line <- Lines, [Key, Value] <- [binary:split(Line, <<" ">>)]]).

-spec ask(bundle()) -> hot_deploy_json:json().
ask(#{words := #{<<"ask">> := Question}} = Bundle) -> plain(answer(Question, Bundle)).

%% `ok`, `already`, or why not.
answer(<<"ready">>, #{from := From, to := To, loads := Loads, updates := Updates} = Bundle) ->
    Request = #{loads => Loads, updates => Updates, timeout => suspend(Bundle)},
    #{identity := Identity, check := Check} = hot_deploy_check:ready(Request),
    Lists = [{List, length(maps:get(List, Check))} || List <- [supervisors, wouldDie, unanswering, unsupervised, funs]],
    Bad = [io_lib:format(" ~s ~b", [List, Count]) || {List, Count} <- Lists, Count > 0],
    Not = [[" ", atom_to_list(Flag)] || Flag <- [booted, sasl, writable], not maps:get(Flag, Identity)],
    case {version(Identity), unlike(old, Bundle, Identity), Bad, Not} of
        {To, _, _, _} -> "already";
        {From, [], [], []} -> "ok";
        {From, [], [], _} -> ["refused the node is not", Not];
        {From, [], _, _} -> ["refused processes would not come through:", Bad];
        {From, Other, _, _} -> ["refused it runs other code than the bundle starts from:", few(Other)];
        {Runs, _, _, _} -> ["refused it runs ", Runs, ", and the bundle starts from ", From]
    end;
answer(<<"state">>, Bundle) ->
    state(hot_deploy_node:identify(#{untouched => true}), Bundle);
%% `installed`; `differs` with what is not as it should be; `refused`, with all as it was; `restarting`.
answer(<<"install">>, #{words := #{<<"way">> := Way}, was := #{environment := Was}} = Bundle) ->
    #{updates := Updates, loads := Loads, config := Config} = Bundle,
    {To, Gone} = case Way of <<"up">> -> {to, removed}; <<"down">> -> {from, added} end,
    Request = #{
        to => maps:get(To, Bundle),
        direction => binary_to_atom(Way),
        updates => atoms(Updates),
        loads => atoms(Loads),
        gone => atoms(maps:get(Gone, Bundle)),
        suspend_timeout => suspend(Bundle),
        code_change_timeout => max(suspend(Bundle), 5000),
        %% Nobody else sees these prints: no salt is needed.
        salt => <<>>,
        baseline => [{Application, Key, hot_deploy_term:fingerprint(Value, <<>>)} || {Application, Values} <- Was,
                                                                                      {Key, Value} <- Values],
        config => Config
    },
    case hot_deploy_install:install(Request) of
        #{result := installed, environment := #{differing := []}, remaining := []} -> "installed";
        #{result := installed, environment := #{differing := Keys}, remaining := Left} -> ["differs", few(Keys ++ Left)];
        #{result := Result, why := Why} -> io_lib:format("~ts ~ts", [Result, Why])
    end;
%% How many processes are left in old code.
answer(<<"unload">>, #{loads := Loads}) ->
    #{lingering := Left} = hot_deploy_node:unload_old(#{modules => atoms(Loads), kill => false}),
    ["left ", integer_to_list(length(Left))];
answer(<<"permanent">>, #{to := To}) ->
    case hot_deploy_install:make_permanent(To) of
        #{result := permanent} -> "permanent";
        #{why := Why} -> ["refused ", Why]
    end;
%% Of the directories only those that the words name: the others were there before.
answer(<<"unstage">>, #{to := To, directories := Directories, words := Words}) ->
    Fresh = string:lexemes(unicode:characters_to_list(maps:get(<<"fresh">>, Words, <<>>)), " "),
    hot_deploy_install:unstage(#{version => To, paths => [Path || Path <- Directories, lists:member(Path, Fresh)]}),
    "unstaged".

%% What it runs: `new` with what its container boots, `old`, `other` with why, or `booting`.
-spec state(map(), bundle()) -> unicode:chardata().
state(#{booted := Booted, applications := Loaded} = Identity, #{from := From, to := To, applications := Applications} = Bundle) ->
    Have = [{atom_to_binary(Name), Version} || #{name := Name, version := Version} <- Loaded],
    Missing = unlike(new, Bundle, Identity) ++ [Name || {Name, _} = Each <- Applications, not lists:member(Each, Have)],
    case {Booted, version(Identity), Missing, unlike(old, Bundle, Identity)} of
        {false, _, _, _} -> "booting";
        {true, To, [], _} -> ["new ", boots(To)];
        {true, From, _, []} -> "old";
        {true, From, _, Other} -> ["other ", From, few(Other)];
        {true, Runs, _, _} -> ["other ", Runs, few(Missing)]
    end.

suspend(#{words := #{<<"suspend">> := Milliseconds}}) -> binary_to_integer(Milliseconds).

version(#{version := Version}) -> unicode:characters_to_list(Version).

%% The names of modules that are not those of the one release. It runs the old one if it has nothing else, either; of the new
%% one a file may hold what nobody loads.
unlike(Which, Bundle, #{modules := Modules}) ->
    Runs = maps:from_list([{atom_to_binary(Module), Digest} || {Module, Digest} <- maps:to_list(Modules)]),
    Wanted = maps:from_list(maps:get(Which, Bundle)),
    lists:sort([Name || Name <- maps:keys(maps:merge(Wanted, Runs)), differs(Which, maps:find(Name, Wanted), maps:find(Name, Runs))]).

differs(_, Same, Same) -> false;
differs(new, Wanted, Runs) -> Wanted =/= error andalso Runs =/= error;
differs(old, _, _) -> true.

boots(Version) ->
    case [permanent || {_, Each, _, permanent} <- release_handler:which_releases(), Each =:= Version] of
        [] -> "current";
        _ -> "permanent"
    end.

atoms(Names) -> [list_to_atom(Name) || Name <- Names].

few(Names) -> [[" ", text(Name)] || Name <- lists:sublist(Names, ?FEW)].

text(Name) when is_atom(Name) -> atom_to_list(Name);
text(Name) -> Name.

plain(Words) ->
    Characters = case unicode:characters_to_list(Words) of List when is_list(List) -> List; _ -> "?" end,
    << <<(character(Character))>> || Character <- Characters >>.

character(Character) when Character < 32; Character > 126; Character =:= $"; Character =:= $\\ -> $?;
character(Character) -> Character.
